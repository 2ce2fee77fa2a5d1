package io.meshvine.mesh.retained;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.WriteUnit;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The retained messages of a node in its store: one record per topic, tombstones included. Each change is written as it
 * happens, so what is handed to the store later is durable after it. Any thread.
 *
 * <p>Key: topic, UTF-8. Value: version, flags, stamp (wall milliseconds, counter, node), expiry, body; numbers are
 * big-endian.
 */
public final class RetainedRecords implements RetainedMap.Journal {

    private static final byte VERSION = 1;
    private static final int QOS_MASK = 0x03;
    private static final int TOMBSTONE = 0x04;
    private static final int HEADER_BYTES = 2 + Long.BYTES + Integer.BYTES + 3 * Long.BYTES;
    private static final byte[] FIRST = {};

    private final RecordStore store;

    private RetainedRecords(RecordStore store) {
        this.store = store;
    }

    /**
     * Fills a map with what the store has, has the clock go on from there, and keeps the map in the store from now on.
     * Before anybody else uses the map.
     *
     * @throws IllegalStateException if a record cannot be read
     */
    public static void keep(RetainedMap map, HybridClock clock, RecordStore store) {
        store.scan(Family.RETAINED, FIRST, null, (key, value) -> {
            RetainedMessage found = decode(new String(key, StandardCharsets.UTF_8), value);
            clock.resume(found.stamp());
            map.merge(found);
            return true;
        });
        map.keepIn(new RetainedRecords(store));
    }

    @Override
    public void onChange(String topic, @Nullable RetainedMessage now) {
        byte[] key = topic.getBytes(StandardCharsets.UTF_8);
        WriteUnit unit = new WriteUnit();
        store.write(now == null ? unit.delete(Family.RETAINED, key) : unit.put(Family.RETAINED, key, encode(now)));
    }

    static byte[] encode(RetainedMessage message) {
        HybridTimestamp stamp = message.stamp();
        return ByteBuffer.allocate(HEADER_BYTES + message.body().length)
                .put(VERSION)
                .put((byte) (message.qos() | (message.tombstone() ? TOMBSTONE : 0)))
                .putLong(stamp.wallMillis())
                .putInt(stamp.counter())
                .putLong(stamp.node().high())
                .putLong(stamp.node().low())
                .putLong(message.expiresAtMillis())
                .put(message.body())
                .array();
    }

    static RetainedMessage decode(String topic, byte[] value) {
        try {
            ByteBuffer in = ByteBuffer.wrap(value);
            byte version = in.get();
            if (version != VERSION) {
                throw new IllegalStateException("the retained message of " + topic + " is of version " + version
                        + ", and this one knows " + VERSION);
            }
            int flags = in.get();
            HybridTimestamp stamp =
                    new HybridTimestamp(in.getLong(), in.getInt(), new NodeId(in.getLong(), in.getLong()));
            long expiresAtMillis = in.getLong();
            byte[] body = new byte[in.remaining()];
            in.get(body);
            return new RetainedMessage(topic, stamp, flags & QOS_MASK, body, (flags & TOMBSTONE) != 0, expiresAtMillis);
        } catch (BufferUnderflowException | IllegalArgumentException unreadable) {
            throw new IllegalStateException("cannot read the retained message of " + topic, unreadable);
        }
    }
}
