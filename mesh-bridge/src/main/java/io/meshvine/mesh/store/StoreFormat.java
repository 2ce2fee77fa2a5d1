package io.meshvine.mesh.store;

import io.meshvine.mesh.StoreException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.rocksdb.RocksDBException;

/**
 * The layout of a store: which families there are and what keys and values in them look like, as far as values do not
 * begin with a version of their own.
 */
final class StoreFormat {

    /** Grows when an older version could not read what this one writes. */
    static final int CURRENT = 1;

    private static final byte[] KEY = "format".getBytes(StandardCharsets.US_ASCII);

    private StoreFormat() {}

    /** Notes the format in a new store, and refuses one that is newer. */
    static void check(Path folder, RocksDatabase database) throws RocksDBException {
        byte[] noted = database.own(KEY);
        if (noted == null) {
            database.putOwn(
                    KEY, ByteBuffer.allocate(Integer.BYTES).putInt(CURRENT).array());
            return;
        }
        int format = noted.length == Integer.BYTES ? ByteBuffer.wrap(noted).getInt() : Integer.MAX_VALUE;
        if (format > CURRENT) {
            throw new StoreException(
                    folder + ": was written by a newer Meshvine (format " + format + ", this one knows " + CURRENT
                            + "); start that version, or restore the folder from a backup of before the upgrade");
        }
    }
}
