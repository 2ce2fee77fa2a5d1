package io.meshvine.node.identity;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps a folder for one process. The operating system frees the lock however the process ends; the pid inside is for
 * people. Folders held by this process are remembered besides, because POSIX drops all of a process's locks on a file
 * when any of its descriptors is closed.
 */
final class FolderLock implements AutoCloseable {

    private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

    private final Path key;
    private final FileChannel channel;

    private FolderLock(Path key, FileChannel channel) {
        this.key = key;
        this.channel = channel;
    }

    static FolderLock take(Path folder) throws IOException {
        Path file = folder.resolve("lock");
        Path key = folder.toRealPath();
        if (!HELD_HERE.add(key)) {
            throw taken(folder, "another node of this process");
        }
        FileChannel channel = null;
        boolean kept = false;
        try {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock();
            if (lock == null) {
                throw taken(folder, holder(file));
            }
            channel.truncate(0);
            channel.write(
                    StandardCharsets.US_ASCII.encode(ProcessHandle.current().pid() + "\n"));
            kept = true;
            return new FolderLock(key, channel);
        } finally {
            if (!kept) {
                HELD_HERE.remove(key);
                if (channel != null) {
                    channel.close();
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        if (channel.isOpen()) {
            channel.close();
            HELD_HERE.remove(key);
        }
    }

    private static DataDirException taken(Path folder, String holder) {
        return new DataDirException(
                folder, "is in use by " + holder, "stop it, or give this node another folder with node.data-dir");
    }

    private static String holder(Path file) {
        String pid;
        try {
            pid = Files.readString(file).trim();
        } catch (IOException e) {
            pid = ""; // the message does without it
        }
        return pid.isEmpty() ? "another process" : "process " + pid;
    }
}
