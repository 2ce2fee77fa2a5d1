package io.meshvine.mesh.store;

import io.meshvine.mesh.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDB;
import org.rocksdb.util.Environment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The native part of RocksDB. It is unpacked once, into a folder of the store, instead of into the temporary folder at
 * each start: a killed process would leave 17 MB there each time, and a start would take longer. Where that folder may
 * hold no code that runs (noexec), the temporary folder serves after all.
 */
final class NativeLibrary {

    private static final Logger LOG = LoggerFactory.getLogger(NativeLibrary.class);

    /** As the jar calls it. */
    private static final String PACKED = Environment.getJniLibraryFileName("rocksdb");

    /** As {@link RocksDB#loadLibrary(List)} looks for it, with the middle of the name twice. */
    private static final String UNPACKED = Environment.getJniLibraryFileName("rocksdbjni");

    private static final int BUFFER_BYTES = 64 << 10;

    private static boolean loaded;

    private NativeLibrary() {}

    /** Loads it, unless this process has it already. */
    static synchronized void load(Path folder) {
        if (!loaded) {
            loadFrom(folder);
            loaded = true;
        }
    }

    private static void loadFrom(Path folder) {
        try {
            Path unpacked = unpack(folder.toAbsolutePath());
            if (unpacked != null) {
                RocksDB.loadLibrary(List.of(unpacked.toString()));
                return;
            }
        } catch (IOException | UnsatisfiedLinkError e) {
            LOG.info(
                    "RocksDB's native library does not load from {} ({}); trying the temporary folder",
                    folder,
                    e.toString());
        }
        try {
            RocksDB.loadLibrary();
        } catch (RuntimeException | UnsatisfiedLinkError e) {
            throw new StoreException(
                    "RocksDB's native library " + PACKED + " does not load (" + e + "): make " + folder
                            + " or the temporary folder (" + System.getProperty("java.io.tmpdir")
                            + ") a place where code may run, with 20 MB free; Meshvine stores on Linux, macOS and"
                            + " Windows, on x86-64 and ARM64",
                    e);
        }
    }

    /** The folder with the library in it; null if it does not come from a jar. */
    private static @Nullable Path unpack(Path folder) throws IOException {
        URL packed = RocksDB.class.getClassLoader().getResource(PACKED);
        if (packed == null || !(packed.openConnection() instanceof JarURLConnection connection)) {
            return null;
        }
        connection.setUseCaches(false);
        try (var jar = connection.getJarFile()) {
            JarEntry entry = connection.getJarEntry();
            Path own = folder.resolve(Long.toHexString(entry.getCrc()));
            Path library = own.resolve(UNPACKED);
            if (!Files.exists(library) || Files.size(library) != entry.getSize() || crc(library) != entry.getCrc()) {
                removeOthers(folder);
                Files.createDirectories(own);
                Path partial = own.resolve(UNPACKED + ".partial");
                try (InputStream content = jar.getInputStream(entry)) {
                    Files.copy(content, partial, StandardCopyOption.REPLACE_EXISTING);
                }
                Files.move(partial, library, StandardCopyOption.ATOMIC_MOVE);
            }
            return own;
        }
    }

    private static long crc(Path file) throws IOException {
        CRC32 crc = new CRC32();
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream content = Files.newInputStream(file)) {
            int read = content.read(buffer);
            while (read >= 0) {
                crc.update(buffer, 0, read);
                read = content.read(buffer);
            }
        }
        return crc.getValue();
    }

    /** What earlier versions unpacked. */
    private static void removeOthers(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        List<Path> old;
        try (Stream<Path> content = Files.walk(folder)) {
            old = content.filter(path -> !path.equals(folder))
                    .sorted(Comparator.reverseOrder())
                    .toList();
        }
        for (Path path : old) {
            Files.deleteIfExists(path);
        }
    }
}
