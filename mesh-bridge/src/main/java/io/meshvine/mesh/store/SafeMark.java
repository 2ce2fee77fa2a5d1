package io.meshvine.mesh.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * A note beside the database of how far it was surely on the disk. RocksDB takes whatever its log ends with for all
 * there was; if that is less than the note says, the disk has lost what it had confirmed, and somebody should know. The
 * note itself is not synchronised: an old one only says less. Confined to one thread at a time.
 */
final class SafeMark {

    private static final int BYTES = Long.BYTES + Integer.BYTES;

    private final Path file;

    SafeMark(Path folder) {
        this.file = folder.resolve("safe");
    }

    /** Notes that all changes up to this number are on the disk. */
    void note(long sequence) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).putLong(sequence);
        bytes.putInt(checksum(bytes)).flip();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(bytes, 0);
        }
    }

    /** The last number that was noted; 0 if there is none, or none that can be read. */
    long noted() throws IOException {
        if (!Files.exists(file)) {
            return 0;
        }
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
        if (bytes.remaining() != BYTES) {
            return 0;
        }
        long sequence = bytes.getLong();
        return bytes.getInt() == checksum(bytes) ? sequence : 0;
    }

    private static int checksum(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.slice(0, Long.BYTES));
        return (int) crc.getValue();
    }
}
