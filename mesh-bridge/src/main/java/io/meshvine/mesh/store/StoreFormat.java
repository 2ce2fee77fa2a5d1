package io.meshvine.mesh.store;

import io.meshvine.mesh.StoreException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.rocksdb.RocksDBException;

/**
 * What a store says of itself: its layout, which is what families there are and what keys and values in them look like
 * as far as values do not begin with a version of their own, and whose it is.
 */
final class StoreFormat {

    /** Grows when an older version could not read what this one writes. */
    static final int CURRENT = 1;

    private static final byte[] FORMAT = "format".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] OWNER = "owner".getBytes(StandardCharsets.US_ASCII);

    private StoreFormat() {}

    /**
     * Notes both in a new store.
     *
     * @throws StoreException if the store is newer or somebody else's
     */
    static void check(StoreOptions options, RocksDatabase database) throws RocksDBException {
        byte[] noted = database.own(FORMAT);
        if (noted == null) {
            database.putOwn(OWNER, options.owner().getBytes(StandardCharsets.UTF_8));
            database.putOwn(
                    FORMAT, ByteBuffer.allocate(Integer.BYTES).putInt(CURRENT).array());
            return;
        }
        int format = noted.length == Integer.BYTES ? ByteBuffer.wrap(noted).getInt() : Integer.MAX_VALUE;
        if (format > CURRENT) {
            throw new StoreException(options.folder() + ": was written by a newer Meshvine (format " + format
                    + ", this one knows " + CURRENT + "); start that version, or restore the folder from a backup of"
                    + " before the upgrade");
        }
        byte[] owner = database.own(OWNER);
        String name = owner == null ? "nobody" : new String(owner, StandardCharsets.UTF_8);
        if (!name.equals(options.owner())) {
            throw new StoreException(options.folder() + ": belongs to node " + name + ", not to this node, "
                    + options.owner() + "; move the folder back to its own node's data folder");
        }
    }
}
