package io.meshvine.node.identity;

import io.meshvine.mesh.NodeId;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongSupplier;

/**
 * A node's data folder, opened for one life of that node: locked until closed, with the node's identity and the number
 * of this life. Any thread.
 */
public final class NodeHome implements AutoCloseable {

    private static final String IDENTITY_FILE = "identity.pem";
    private static final String EPOCH_FILE = "epoch";

    private final Path folder;
    private final FolderLock lock;
    private final NodeIdentity identity;
    private final long epoch;

    private NodeHome(Path folder, FolderLock lock, NodeIdentity identity, long epoch) {
        this.folder = folder;
        this.lock = lock;
        this.identity = identity;
        this.epoch = epoch;
    }

    /**
     * Opens the folder, and makes it with a new identity if it is not there.
     *
     * @throws DataDirException if another process uses it, or if what is in it cannot be used
     */
    public static NodeHome open(Path folder) {
        return open(folder, () -> System.currentTimeMillis() / 1000);
    }

    static NodeHome open(Path folder, LongSupplier wallSeconds) {
        FolderLock lock = null;
        boolean opened = false;
        try {
            DurableFile.createFolder(folder);
            lock = FolderLock.take(folder);
            Path identityFile = folder.resolve(IDENTITY_FILE);
            Path epochFile = folder.resolve(EPOCH_FILE);
            EpochCounter counter = new EpochCounter(epochFile, wallSeconds);
            boolean known = Files.exists(identityFile);
            // The counter comes first: a folder with an identity but no counter has lost it, and must not start over.
            if (!known) {
                counter.create();
            } else if (!Files.exists(epochFile)) {
                throw new DataDirException(
                        epochFile,
                        "is missing beside " + IDENTITY_FILE,
                        "restore it from a backup, or move the whole folder away to start as a new node");
            }
            NodeIdentity identity = known ? NodeIdentity.read(identityFile) : NodeIdentity.create(identityFile);
            NodeHome home = new NodeHome(folder, lock, identity, counter.next());
            opened = true;
            return home;
        } catch (IOException e) {
            throw unusable(folder, e);
        } finally {
            if (!opened && lock != null) {
                release(lock, folder);
            }
        }
    }

    /** The folder itself. */
    public Path folder() {
        return folder;
    }

    /** Who the node is. */
    public NodeIdentity identity() {
        return identity;
    }

    /** The node's name in the mesh. */
    public NodeId id() {
        return identity.id();
    }

    /** The number of this life; grows at each opening. */
    public long epoch() {
        return epoch;
    }

    /** Frees the folder for another process. Idempotent. */
    @Override
    public void close() {
        release(lock, folder);
    }

    private static void release(FolderLock lock, Path folder) {
        try {
            lock.close();
        } catch (IOException e) {
            throw unusable(folder, e);
        }
    }

    private static DataDirException unusable(Path folder, IOException cause) {
        Path file = cause instanceof FileSystemException failed && failed.getFile() != null
                ? Path.of(failed.getFile())
                : folder;
        return new DataDirException(
                file,
                "cannot be used (" + cause + ")",
                "make the folder writable for this user with free space, or choose another with node.data-dir",
                cause);
    }
}
