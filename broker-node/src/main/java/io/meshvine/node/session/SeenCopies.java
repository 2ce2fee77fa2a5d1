package io.meshvine.node.session;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a session that moves took of late, by which it tells second copies; goes with it from node to node, for so long as
 * they may come. Any thread.
 */
final class SeenCopies {

    /** So long after a session moved, a message may come that came to its old home too. */
    static final Duration TIME = Duration.ofMinutes(1);

    private static final int AGE_BYTES = Integer.BYTES;
    private static final int ENTRY_BYTES = Long.BYTES + AGE_BYTES;
    private static final int ENTRIES_IN_RECORD = 512;

    private final Map<Long, Long> seenAtMillis = new ConcurrentHashMap<>();
    private volatile int move;

    /** Whether it is the first one; it is none from now on. */
    boolean isFirst(long copy, long nowMillis) {
        return seenAtMillis.putIfAbsent(copy, nowMillis) == null;
    }

    /** It left again, and may come back. */
    void forget(long copy) {
        seenAtMillis.remove(copy);
    }

    /** The session moves again: what is too old to come a second time goes. */
    void movesAgain(long nowMillis) {
        move = move() + 1;
        seenAtMillis.values().removeIf(seen -> isOld(nowMillis, seen));
    }

    /** Which of the moves since the session came to rest the last one is. */
    int move() {
        return move;
    }

    private static boolean isOld(long nowMillis, long thenMillis) {
        return nowMillis - thenMillis > TIME.toMillis();
    }

    /** Those of which second copies may come, for another node: records of bounded size. */
    List<byte[]> records(long nowMillis) {
        List<byte[]> records = new ArrayList<>();
        ByteBuffer out = ByteBuffer.allocate(ENTRIES_IN_RECORD * ENTRY_BYTES);
        for (Map.Entry<Long, Long> each : seenAtMillis.entrySet()) {
            if (isOld(nowMillis, each.getValue())) {
                continue;
            }
            if (!out.hasRemaining()) {
                records.add(out.array().clone());
                out.clear();
            }
            out.putLong(each.getKey()).putInt((int) Math.max(0, nowMillis - each.getValue()));
        }
        if (out.position() > 0) {
            byte[] last = new byte[out.position()];
            out.flip().get(last);
            records.add(last);
        }
        return records;
    }

    /** Takes a message that a session saw elsewhere. */
    @FunctionalInterface
    interface Visitor {
        void seen(long copy, long atMillis);
    }

    /** @throws IllegalArgumentException if the record is malformed */
    static void read(byte[] record, long nowMillis, Visitor visitor) {
        if (record.length % ENTRY_BYTES != 0) {
            throw new IllegalArgumentException("half a message that was seen");
        }
        ByteBuffer in = ByteBuffer.wrap(record);
        while (in.hasRemaining()) {
            visitor.seen(in.getLong(), nowMillis - in.getInt());
        }
    }
}
