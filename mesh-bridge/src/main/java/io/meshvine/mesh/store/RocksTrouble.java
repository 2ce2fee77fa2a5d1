package io.meshvine.mesh.store;

import java.nio.file.Path;
import java.util.Locale;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/** What RocksDB complains about, in words an operator can act on. */
final class RocksTrouble {

    private RocksTrouble() {}

    /**
     * Says what is wrong, where, and what to do.
     *
     * @param folder that of the store
     */
    static String describe(Path folder, Exception cause) {
        String detail = String.valueOf(cause.getMessage());
        return folder + ": " + remedy(cause, detail.toLowerCase(Locale.ROOT)) + " (" + detail + ")";
    }

    private static String remedy(Exception cause, String detail) {
        if (subCode(cause) == Status.SubCode.NoSpace
                || detail.contains("no space left")
                || detail.contains("quota exceeded")
                || detail.contains("not enough space")) {
            return "no space left; free some on its disk, and the node goes on by itself";
        }
        if (detail.contains("read-only file system")) {
            return "the disk is read-only; look for its errors in the system's log, mount it writable, and the node"
                    + " goes on by itself";
        }
        if (code(cause) == Status.Code.Corruption) {
            return "records are damaged; check the disk, and restore the folder from a backup, or move it away to"
                    + " start without what it holds";
        }
        if (detail.contains("lock") && detail.contains("temporarily unavailable")) {
            return "another process uses it; stop that, or give this node another folder with node.data-dir";
        }
        if (detail.contains("permission denied")) {
            return "this user may not write there; change the owner or the permissions";
        }
        if (detail.contains("input/output error")) {
            return "the disk has errors; look for them in the system's log and replace the disk";
        }
        return "the disk cannot be used; look at the system's log";
    }

    private static Status.Code code(Exception cause) {
        return cause instanceof RocksDBException rocks && rocks.getStatus() != null
                ? rocks.getStatus().getCode()
                : Status.Code.Undefined;
    }

    private static Status.SubCode subCode(Exception cause) {
        return cause instanceof RocksDBException rocks && rocks.getStatus() != null
                ? rocks.getStatus().getSubCode()
                : Status.SubCode.Undefined;
    }
}
