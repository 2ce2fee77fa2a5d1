package io.meshvine.mesh.wire;

import io.meshvine.mesh.LocalBroker.Arrival;
import io.meshvine.mesh.MeshPublish;
import org.jspecify.annotations.Nullable;

/**
 * A publish as the outbox keeps it in the store: version, wall-clock time of storing, and the entry of a frame.
 *
 * @param arrival the publish, older by the time that went by since it was stored, and for whom it is
 * @param waitedMillis that time
 */
public record StoredPublish(Arrival arrival, long waitedMillis) {
    private static final int PREFIX_BYTES = 1 + Long.BYTES;
    private static final long NANOS_PER_MILLI = 1_000_000;

    /** Bytes of a record for an entry that takes this much at most. */
    public static int size(int maxEntryBytes) {
        return PREFIX_BYTES + maxEntryBytes;
    }

    public static byte[] encode(
            FrameContent publish, int flags, byte @Nullable [] groups, long nowNanos, long wallMillis) {
        byte[] bytes = new byte[size(publish.maxEntrySize(groups))];
        bytes[0] = WireFormat.VERSION;
        WireFormat.putLong(bytes, 1, wallMillis);
        publish.write(bytes, PREFIX_BYTES, flags, groups, nowNanos);
        return bytes;
    }

    /** Whether a record has a ticket, without reading the rest of it. */
    public static boolean hasTicket(byte[] stored) {
        return stored.length > PREFIX_BYTES && (stored[PREFIX_BYTES] & EncodedPublish.TICKET) != 0;
    }

    /** Reads a publish back; its age counts on the clock of {@code nowNanos}. */
    public static StoredPublish decode(PublishReader reader, byte[] stored, long nowNanos, long wallMillis)
            throws WireException {
        WireReader in = WireReader.of(stored);
        int version = in.readByte();
        if (version < WireFormat.OLDEST_VERSION || version > WireFormat.VERSION) {
            throw new WireException("stored publish of version " + version);
        }
        long waitedMillis = Math.max(0, wallMillis - in.readLong());
        Arrival arrival = reader.readWithFurther(in, in.readByte(), nowNanos);
        MeshPublish publish = arrival.publish();
        MeshPublish aged = new MeshPublish(
                publish.topic(),
                publish.qos(),
                publish.retain(),
                publish.stamp(),
                publish.acceptedNanos() - waitedMillis * NANOS_PER_MILLI,
                publish.expirySeconds(),
                publish.body());
        return new StoredPublish(
                new Arrival(aged, arrival.subscribers(), arrival.groups(), arrival.ticket(), arrival.further()),
                waitedMillis);
    }
}
