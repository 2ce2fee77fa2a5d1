package io.meshvine.mesh.group;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireFormat;
import io.meshvine.mesh.wire.WireReader;
import io.meshvine.mesh.wire.WireWriter;
import java.util.ArrayList;
import java.util.List;

/** What nodes say to each other about shared subscriptions: a message is a series of these. Stateless. */
final class GroupWire {
    private static final int RESET = 1;
    private static final int AWAY = 2;
    private static final int LIVE = 3;
    private static final int DONE = 4;
    private static final int OPEN = 5;
    private static final int VOID = 6;

    /** Most tickets in one list. */
    static final int MAX_TICKETS = 4_096;

    private GroupWire() {}

    /** Who is told what a message says. */
    interface Reader {
        /** What the sender said about its members is void. */
        void onReset();

        /** All members of that group at the sender are away. */
        void onAway(GroupKey group);

        /** They are not, or there are none. */
        void onLive(GroupKey group);

        /** The sender's members are done with these. */
        void onDone(List<Long> tickets);

        /** The sender wants to know which of these are done. */
        void onOpen(List<Long> tickets);

        /** The sender gave these to others; where they still come, they are void. */
        void onVoid(List<Long> tickets);
    }

    static void reset(WireWriter out) {
        out.writeByte(RESET);
    }

    static void liveness(WireWriter out, GroupKey group, boolean away) {
        out.writeByte(away ? AWAY : LIVE).writeString(group.group()).writeString(group.filter());
    }

    static void done(WireWriter out, List<Long> tickets) {
        writeTickets(out.writeByte(DONE), tickets);
    }

    static void open(WireWriter out, List<Long> tickets) {
        writeTickets(out.writeByte(OPEN), tickets);
    }

    static void voided(WireWriter out, List<Long> tickets) {
        writeTickets(out.writeByte(VOID), tickets);
    }

    private static void writeTickets(WireWriter out, List<Long> tickets) {
        out.writeVarLong(tickets.size());
        tickets.forEach(out::writeVarLong);
    }

    /** Reads a whole message. */
    static void read(WireReader in, Reader reader) throws WireException {
        while (in.remaining() > 0) {
            int kind = in.readByte();
            switch (kind) {
                case RESET -> reader.onReset();
                case AWAY -> reader.onAway(readGroup(in));
                case LIVE -> reader.onLive(readGroup(in));
                case DONE -> reader.onDone(readTickets(in));
                case OPEN -> reader.onOpen(readTickets(in));
                case VOID -> reader.onVoid(readTickets(in));
                default -> throw new WireException("unknown word about shared subscriptions: " + kind);
            }
        }
    }

    private static GroupKey readGroup(WireReader in) throws WireException {
        return new GroupKey(in.readString(WireFormat.MAX_TOPIC_BYTES), in.readString(WireFormat.MAX_TOPIC_BYTES));
    }

    private static List<Long> readTickets(WireReader in) throws WireException {
        int count = in.readVarInt(MAX_TICKETS);
        List<Long> tickets = new ArrayList<>(Math.min(count, in.remaining()));
        for (int i = 0; i < count; i++) {
            tickets.add(in.readVarLong());
        }
        return tickets;
    }
}
