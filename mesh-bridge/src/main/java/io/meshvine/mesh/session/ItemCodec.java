package io.meshvine.mesh.session;

import io.meshvine.mesh.wire.Position;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireReader;
import io.meshvine.mesh.wire.WireWriter;
import java.util.ArrayList;
import java.util.List;

/** The wire form of {@link Item}s: a code and its fields. Codes are never used for something else. Stateless. */
final class ItemCodec {

    /** Longest client id, in bytes of UTF-8 (MQTT 5, 1.5.4). */
    private static final int MAX_CLIENT_ID = 65_535;

    /** Largest part of a session: one publish may be as large as the protocol allows. */
    private static final int MAX_PART = 270 * 1024 * 1024;

    /** More nodes than this never hold one client. */
    private static final int MAX_HOLDERS = 1_024;

    private static final int CONNECTED = 1;
    private static final int DURABLE = 2;
    private static final int WHOLE = 4;

    private ItemCodec() {}

    static void write(WireWriter out, Item item) {
        if (item instanceof Item.Claim claim) {
            out.writeByte(1).writeString(claim.clientId()).writeVarLong(claim.ticket());
            out.writeVarLong(claim.hint());
            out.writeByte((claim.durable() ? DURABLE : 0) | (claim.whole() ? WHOLE : 0));
        } else if (item instanceof Item.Claimed claimed) {
            out.writeByte(2).writeString(claimed.clientId()).writeVarLong(claimed.ticket());
            out.writeVarLong(claimed.fence()).writeVarLong(claimed.holders().size());
            for (Holder holder : claimed.holders()) {
                write(out, holder.rank());
                out.writeByte(holder.whole() ? WHOLE : 0);
            }
        } else if (item instanceof Item.Register register) {
            out.writeByte(3).writeString(register.clientId()).writeVarLong(register.fence());
            out.writeByte((register.connected() ? CONNECTED : 0)
                    | (register.durable() ? DURABLE : 0)
                    | (register.whole() ? WHOLE : 0));
        } else if (item instanceof Item.Unregister unregister) {
            out.writeByte(4).writeString(unregister.clientId());
        } else if (item instanceof Item.Swept) {
            out.writeByte(5);
        } else if (item instanceof Item.Superseded superseded) {
            out.writeByte(6).writeString(superseded.clientId());
            write(out, superseded.winner());
        } else if (item instanceof Item.Offer offer) {
            out.writeByte(7).writeString(offer.clientId()).writeVarLong(offer.fence());
        } else if (item instanceof Item.NotHome notHome) {
            out.writeByte(8).writeString(notHome.clientId()).writeVarLong(notHome.fence());
        } else if (item instanceof Item.Have have) {
            out.writeByte(9).writeString(have.clientId()).writeVarLong(have.fence());
            have.interest().write(out);
            out.writeVarLong(have.through());
        } else if (item instanceof Item.Seek seek) {
            out.writeByte(23).writeString(seek.clientId()).writeVarLong(seek.fence());
        } else if (item instanceof Item.Began began) {
            out.writeByte(24).writeString(began.clientId()).writeVarLong(began.fence());
        } else if (item instanceof Item.Fetch fetch) {
            out.writeByte(10).writeString(fetch.clientId()).writeVarLong(fetch.ticket());
            out.writeVarLong(fetch.fence()).writeVarLong(fetch.begun());
        } else {
            writeTransfer(out, item);
        }
    }

    private static void writeTransfer(WireWriter out, Item item) {
        if (item instanceof Item.Coming coming) {
            out.writeByte(11).writeVarLong(coming.ticket());
            out.writeVarLong(coming.fence()).writeVarLong(coming.begun());
        } else if (item instanceof Item.Part part) {
            out.writeByte(12).writeVarLong(part.ticket()).writeVarLong(part.number());
            out.writeBytes(part.content());
        } else if (item instanceof Item.PartAck ack) {
            out.writeByte(13).writeVarLong(ack.ticket()).writeVarLong(ack.number());
        } else if (item instanceof Item.CaughtUp caughtUp) {
            out.writeByte(14).writeVarLong(caughtUp.ticket());
        } else if (item instanceof Item.Ready ready) {
            out.writeByte(15).writeVarLong(ready.ticket());
            ready.interest().write(out);
        } else if (item instanceof Item.End end) {
            out.writeByte(16).writeVarLong(end.ticket()).writeVarLong(end.through());
        } else if (item instanceof Item.Taken taken) {
            out.writeByte(17).writeVarLong(taken.ticket());
            taken.interest().write(out);
            out.writeVarLong(taken.through());
        } else if (item instanceof Item.Nothing nothing) {
            out.writeByte(18).writeVarLong(nothing.ticket());
        } else if (item instanceof Item.Lost lost) {
            out.writeByte(19).writeVarLong(lost.ticket()).writeByte(lost.established() ? 1 : 0);
            write(out, lost.winner());
        } else if (item instanceof Item.Cancel cancel) {
            out.writeByte(20).writeVarLong(cancel.ticket());
        } else if (item instanceof Item.Flush flush) {
            out.writeByte(21).writeVarLong(flush.ticket()).writeNodeId(flush.home());
            flush.interest().write(out);
        } else if (item instanceof Item.Flushed flushed) {
            out.writeByte(22).writeVarLong(flushed.ticket());
            flushed.position().write(out);
        } else if (item instanceof Item.Undecided undecided) {
            out.writeByte(25).writeVarLong(undecided.ticket());
        } else {
            throw new IllegalArgumentException("no wire form: " + item);
        }
    }

    private static void write(WireWriter out, Rank rank) {
        out.writeVarLong(rank.fence()).writeNodeId(rank.node());
    }

    /** Reads the next item of a message. */
    static Item read(WireReader in) throws WireException {
        int code = in.readByte();
        return switch (code) {
            case 1 -> {
                String clientId = clientId(in);
                long ticket = in.readSequence();
                long hint = in.readSequence();
                int flags = in.readByte();
                yield new Item.Claim(clientId, ticket, hint, (flags & DURABLE) != 0, (flags & WHOLE) != 0);
            }
            case 2 -> new Item.Claimed(clientId(in), in.readSequence(), in.readSequence(), holders(in));
            case 3 -> {
                String clientId = clientId(in);
                long fence = in.readSequence();
                int flags = in.readByte();
                yield new Item.Register(
                        clientId, fence, (flags & CONNECTED) != 0, (flags & DURABLE) != 0, (flags & WHOLE) != 0);
            }
            case 4 -> new Item.Unregister(clientId(in));
            case 5 -> new Item.Swept();
            case 6 -> new Item.Superseded(clientId(in), rank(in));
            case 7 -> new Item.Offer(clientId(in), in.readSequence());
            case 8 -> new Item.NotHome(clientId(in), in.readSequence());
            case 9 -> new Item.Have(clientId(in), in.readSequence(), Position.read(in), in.readSequence());
            case 23 -> new Item.Seek(clientId(in), in.readSequence());
            case 24 -> new Item.Began(clientId(in), in.readSequence());
            case 10 -> new Item.Fetch(clientId(in), in.readSequence(), in.readSequence(), in.readSequence());
            default -> readTransfer(code, in);
        };
    }

    private static Item readTransfer(int code, WireReader in) throws WireException {
        long ticket = in.readSequence();
        return switch (code) {
            case 11 -> new Item.Coming(ticket, in.readSequence(), in.readSequence());
            case 12 -> new Item.Part(ticket, in.readSequence(), in.readBytes(MAX_PART));
            case 13 -> new Item.PartAck(ticket, in.readSequence());
            case 14 -> new Item.CaughtUp(ticket);
            case 15 -> new Item.Ready(ticket, Position.read(in));
            case 16 -> new Item.End(ticket, in.readSequence());
            case 17 -> new Item.Taken(ticket, Position.read(in), in.readSequence());
            case 18 -> new Item.Nothing(ticket);
            case 19 -> {
                boolean established = in.readByte() != 0;
                yield new Item.Lost(ticket, rank(in), established);
            }
            case 20 -> new Item.Cancel(ticket);
            case 21 -> new Item.Flush(ticket, in.readNodeId(), Position.read(in));
            case 22 -> new Item.Flushed(ticket, Position.read(in));
            case 25 -> new Item.Undecided(ticket);
            default -> throw new WireException("unknown item " + code + " about clients");
        };
    }

    private static String clientId(WireReader in) throws WireException {
        return in.readString(MAX_CLIENT_ID);
    }

    private static List<Holder> holders(WireReader in) throws WireException {
        int count = in.readVarInt(MAX_HOLDERS);
        List<Holder> holders = new ArrayList<>(Math.min(count, 8));
        for (int i = 0; i < count; i++) {
            holders.add(new Holder(rank(in), (in.readByte() & WHOLE) != 0));
        }
        return holders;
    }

    private static Rank rank(WireReader in) throws WireException {
        return new Rank(in.readSequence(), in.readNodeId());
    }
}
