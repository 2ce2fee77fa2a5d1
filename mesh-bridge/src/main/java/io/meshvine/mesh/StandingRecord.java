package io.meshvine.mesh;

import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.retained.RetainedStanding;
import io.meshvine.mesh.retained.RetainedStanding.Level;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireReader;
import io.meshvine.mesh.wire.WireWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Keeps what the retained messages of this node are worth, and when it was last in contact, for its next life. Written
 * seldom: when the level changes, and each time a part of the life of tombstones has gone by. Confined to the bridge
 * loop.
 */
final class StandingRecord {
    private static final byte[] KEY = "retained-standing".getBytes(StandardCharsets.UTF_8);
    private static final int VERSION = 1;
    private static final int PARTS = 32;

    private final RecordStore store;
    private final RetainedStanding standing;
    private final long intervalMillis;
    private Level written = Level.FRESH;
    private long writtenMillis;

    /**
     * @param restored whether an earlier life's retained messages were read from the store
     */
    StandingRecord(RecordStore store, Duration tombstoneLife, boolean restored) {
        this.store = store;
        this.intervalMillis = Math.max(1, tombstoneLife.toMillis() / PARTS);
        byte[] record = restored ? store.get(Family.META, KEY) : null;
        this.standing = record == null ? new RetainedStanding(tombstoneLife) : read(record, tombstoneLife);
        this.written = standing.level();
        this.writtenMillis = standing.lastContactMillis();
    }

    RetainedStanding standing() {
        return standing;
    }

    /** Writes it, if that is due. */
    void keep() {
        if (standing.level() == written && standing.lastContactMillis() - writtenMillis < intervalMillis) {
            return;
        }
        written = standing.level();
        writtenMillis = standing.lastContactMillis();
        byte[] record = new WireWriter(10)
                .writeByte(VERSION)
                .writeByte(written.code())
                .writeLong(writtenMillis)
                .toByteArray();
        store.write(new WriteUnit().put(Family.META, KEY, record));
    }

    private static RetainedStanding read(byte[] record, Duration tombstoneLife) {
        try {
            WireReader in = WireReader.of(record);
            int version = in.readByte();
            int code = in.readByte();
            Level level = Level.of(code);
            if (version != VERSION || level == null) {
                throw new IllegalStateException("standing of version " + version + ", level " + code
                        + " in the store: written by a newer version of this software?");
            }
            return new RetainedStanding(tombstoneLife, level, in.readLong());
        } catch (WireException damaged) {
            throw new IllegalStateException("the record of the last contact cannot be read", damaged);
        }
    }
}
