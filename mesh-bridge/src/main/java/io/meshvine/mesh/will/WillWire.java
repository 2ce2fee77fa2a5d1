package io.meshvine.mesh.will;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireFormat;
import io.meshvine.mesh.wire.WireReader;
import io.meshvine.mesh.wire.WireWriter;
import java.util.ArrayList;
import java.util.List;

/** What nodes say to each other about wills: a message is a series of these. Stateless. */
final class WillWire {
    private static final int RESET = 1;
    private static final int PUT = 2;
    private static final int DROP = 3;
    private static final int WHOLE = 4;
    private static final int WATCH = 5;
    private static final int UNWATCH = 6;
    private static final int BACK = 7;
    private static final int ASK = 8;
    private static final int SETTLED = 9;
    private static final int UNKNOWN = 10;

    private static final int MAX_HOLDERS = 16;

    /** Longest will: all properties, topic and payload of a packet of the largest size that MQTT knows. */
    private static final int MAX_WILL_BYTES = 256 << 20;

    /** Delays and ages end here, at more than a century. */
    private static final long MAX_MILLIS = 1L << 42;

    private WillWire() {}

    /** Who is told what a message says. */
    interface Reader {
        /** All leases of the sender are told anew. */
        void onReset();

        /** The sender leases a will, or changes the lease. */
        void onPut(Lease lease);

        /** The sender has no will of that client any more, or leases it to others. */
        void onDrop(String clientId);

        /** All leases were told since the reset. */
        void onWhole();

        /** The sender wants to know if a client connects, or has connected within the last so many milliseconds. */
        void onWatch(String clientId, long ageMillis);

        /** No longer. */
        void onUnwatch(String clientId);

        /** That client is, or was, connected to the sender. */
        void onBack(String clientId);

        /** What became of that will, which both hold? */
        void onAsk(WillKey will);

        /** That will was published, or its client is back. */
        void onSettled(WillKey will);

        /** The sender does not have that will. */
        void onUnknown(WillKey will);
    }

    static void reset(WireWriter out) {
        out.writeByte(RESET);
    }

    static void whole(WireWriter out) {
        out.writeByte(WHOLE);
    }

    static void put(WireWriter out, Lease lease) {
        out.writeByte(PUT)
                .writeString(lease.clientId())
                .writeVarLong(lease.version())
                .writeByte(lease.waiting() ? 1 : 0)
                .writeVarLong(lease.delayMillis())
                .writeVarLong(lease.ageMillis())
                .writeByte(lease.holders().size());
        lease.holders().forEach(out::writeNodeId);
        out.writeBytes(lease.will());
    }

    static void drop(WireWriter out, String clientId) {
        out.writeByte(DROP).writeString(clientId);
    }

    static void watch(WireWriter out, String clientId, long ageMillis) {
        out.writeByte(WATCH).writeString(clientId).writeVarLong(ageMillis);
    }

    static void unwatch(WireWriter out, String clientId) {
        out.writeByte(UNWATCH).writeString(clientId);
    }

    static void back(WireWriter out, String clientId) {
        out.writeByte(BACK).writeString(clientId);
    }

    static void ask(WireWriter out, WillKey will) {
        write(out.writeByte(ASK), will);
    }

    static void settled(WireWriter out, WillKey will) {
        write(out.writeByte(SETTLED), will);
    }

    static void unknown(WireWriter out, WillKey will) {
        write(out.writeByte(UNKNOWN), will);
    }

    private static void write(WireWriter out, WillKey will) {
        out.writeNodeId(will.owner())
                .writeVarLong(will.epoch())
                .writeString(will.clientId())
                .writeVarLong(will.version());
    }

    /** Reads a whole message. */
    static void read(WireReader in, Reader reader) throws WireException {
        while (in.remaining() > 0) {
            int kind = in.readByte();
            switch (kind) {
                case RESET -> reader.onReset();
                case PUT -> reader.onPut(readLease(in));
                case DROP -> reader.onDrop(readClient(in));
                case WHOLE -> reader.onWhole();
                case WATCH -> reader.onWatch(readClient(in), readMillis(in));
                case UNWATCH -> reader.onUnwatch(readClient(in));
                case BACK -> reader.onBack(readClient(in));
                case ASK -> reader.onAsk(readKey(in));
                case SETTLED -> reader.onSettled(readKey(in));
                case UNKNOWN -> reader.onUnknown(readKey(in));
                default -> throw new WireException("unknown word about wills: " + kind);
            }
        }
    }

    private static Lease readLease(WireReader in) throws WireException {
        String client = readClient(in);
        long version = in.readVarLong();
        boolean waiting = in.readByte() != 0;
        long delayMillis = readMillis(in);
        long ageMillis = readMillis(in);
        int count = in.readByte();
        if (count > MAX_HOLDERS) {
            throw new WireException("will with " + count + " holders");
        }
        List<NodeId> holders = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            holders.add(in.readNodeId());
        }
        return new Lease(
                client, version, waiting, delayMillis, ageMillis, List.copyOf(holders), in.readBytes(MAX_WILL_BYTES));
    }

    private static long readMillis(WireReader in) throws WireException {
        return Math.min(in.readVarLong(), MAX_MILLIS);
    }

    private static WillKey readKey(WireReader in) throws WireException {
        return new WillKey(in.readNodeId(), in.readVarLong(), readClient(in), in.readVarLong());
    }

    private static String readClient(WireReader in) throws WireException {
        return in.readString(WireFormat.MAX_TOPIC_BYTES);
    }
}
