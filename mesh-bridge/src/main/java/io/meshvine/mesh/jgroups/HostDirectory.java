package io.meshvine.mesh.jgroups;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory in which the nodes of one host leave their mesh addresses, one small file each. Entries are hints: a
 * wrong or stale one costs a failed connection, and a directory that cannot be used costs this way of discovery only.
 * Entries that were not renewed for a while are removed by whoever meets them.
 */
final class HostDirectory {

    private static final Logger LOG = LoggerFactory.getLogger(HostDirectory.class);

    private static final String SUFFIX = ".addr";
    private static final int MAX_ENTRIES = 256;
    private static final int MAX_ENTRY_BYTES = 128;
    private static final Duration RENEW_AFTER = Duration.ofMinutes(1);
    private static final Duration STALE_AFTER = Duration.ofMinutes(10);

    private final Path entry;
    private final InetSocketAddress address;
    private volatile boolean usable = true;

    /**
     * This node's place in a directory.
     *
     * @param key tells this node from others, as a file name
     */
    HostDirectory(Path directory, String key, InetSocketAddress address) {
        this.entry = directory.resolve(key + SUFFIX);
        this.address = address;
    }

    /** The directory of one mesh below that of all. */
    static Path ofMesh(Path directory, String meshName) {
        return directory.resolve(UUID.nameUUIDFromBytes(meshName.getBytes(StandardCharsets.UTF_8))
                .toString());
    }

    /** Writes the entry, or renews it if it is about to look stale. */
    synchronized void renew() {
        try {
            if (usable && !isFresh()) {
                write();
            }
        } catch (IOException | SecurityException unusable) {
            usable = false;
            LOG.warn(
                    "cannot write {}: nodes on this host are found on their default ports only ({})",
                    entry,
                    unusable.toString());
        }
    }

    /** Takes the entry back. */
    synchronized void remove() {
        try {
            Files.deleteIfExists(entry);
        } catch (IOException | SecurityException left) {
            LOG.debug("cannot remove {}; it will be taken for stale", entry, left);
        }
    }

    /** The addresses that nodes left in a directory; none if there is no such directory. */
    static List<InetSocketAddress> read(Path directory) {
        List<InetSocketAddress> addresses = new ArrayList<>();
        Instant staleBefore = Instant.now().minus(STALE_AFTER);
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
            for (Path file : entries) {
                InetSocketAddress address = readEntry(file, staleBefore);
                if (address != null && addresses.size() < MAX_ENTRIES) {
                    addresses.add(address);
                }
            }
        } catch (NoSuchFileException none) {
            LOG.trace("no directory {}", directory, none);
        } catch (IOException | SecurityException unreadable) {
            LOG.debug("cannot read {}", directory, unreadable);
        }
        return addresses;
    }

    private static @Nullable InetSocketAddress readEntry(Path file, Instant staleBefore) {
        try {
            if (Files.getLastModifiedTime(file).toInstant().isBefore(staleBefore)) {
                Files.deleteIfExists(file);
                return null;
            }
            if (Files.size(file) > MAX_ENTRY_BYTES) {
                return null;
            }
            return parse(Files.readString(file, StandardCharsets.US_ASCII));
        } catch (IOException | SecurityException | IllegalArgumentException unreadable) {
            LOG.debug("ignoring {}", file, unreadable);
            return null;
        }
    }

    /** The form that {@link #write} writes: a literal address (never a name to be resolved), a space, a port. */
    private static InetSocketAddress parse(String text) throws UnknownHostException {
        String[] parts = text.strip().split(" ", -1);
        if (parts.length != 2 || !parts[0].matches("[0-9a-fA-F.:%]+")) {
            throw new IllegalArgumentException("not an address: " + text);
        }
        return new InetSocketAddress(InetAddress.getByName(parts[0]), Integer.parseInt(parts[1]));
    }

    private boolean isFresh() throws IOException {
        try {
            return Files.getLastModifiedTime(entry)
                    .toInstant()
                    .isAfter(Instant.now().minus(RENEW_AFTER));
        } catch (NoSuchFileException absent) {
            return false;
        }
    }

    private void write() throws IOException {
        if (Files.exists(entry)) {
            Files.setLastModifiedTime(entry, FileTime.from(Instant.now()));
            return;
        }
        Files.createDirectories(entry.getParent());
        Path draft = Files.createTempFile(entry.getParent(), "draft", null);
        Files.writeString(draft, address.getAddress().getHostAddress() + " " + address.getPort());
        Files.move(draft, entry);
    }
}
