package io.meshvine.mesh.wire;

import io.meshvine.mesh.Interest;
import io.meshvine.mesh.MeshOptions;
import io.meshvine.mesh.NodeId;
import java.util.ArrayList;
import java.util.List;

/** The frames by which nodes tell each other what absent nodes want. Stateless. */
public final class AbsentCodec {
    private static final int FIRST = 0x01;
    private static final int LAST = 0x02;
    private static final int MAX_NAME_BYTES = 4 * MeshOptions.MAX_NAME_LENGTH;

    private AbsentCodec() {}

    /**
     * That a node knows what an absent one wants.
     *
     * @param version how new that is: the absent node's life, and the number of the last change of its table
     * @param absentMillis how long it has been away
     */
    public record Offer(NodeId owner, Position version, long absentMillis) {}

    /**
     * A chunk of what an absent node wants.
     *
     * @param name display name of the absent node, "" if it is not known
     */
    public record Chunk(Offer offer, String name, boolean first, boolean last, List<Interest> interests) {}

    public static byte[] encodeOffers(List<Offer> offers) {
        WireWriter out = new WireWriter(64 * offers.size());
        offers.forEach(offer -> write(out, offer));
        return out.toByteArray();
    }

    public static List<Offer> decodeOffers(WireReader in) throws WireException {
        List<Offer> offers = new ArrayList<>();
        while (in.remaining() > 0) {
            offers.add(readOffer(in));
        }
        return offers;
    }

    public static byte[] encode(Chunk chunk) {
        WireWriter out = new WireWriter(128 + 32 * chunk.interests.size());
        write(out, chunk.offer);
        out.writeString(chunk.name).writeByte((chunk.first ? FIRST : 0) | (chunk.last ? LAST : 0));
        chunk.interests.forEach(interest -> InterestCodec.write(out, interest, 0));
        return out.toByteArray();
    }

    public static Chunk decodeChunk(WireReader in) throws WireException {
        Offer offer = readOffer(in);
        String name = in.readString(MAX_NAME_BYTES);
        int flags = in.readByte();
        List<Interest> interests = new ArrayList<>();
        while (in.remaining() > 0) {
            Interest interest = InterestCodec.read(in, in.readByte());
            if (!interest.durable()) {
                throw new WireException("an absent node wants nothing that is not durable");
            }
            interests.add(interest);
        }
        return new Chunk(offer, name, (flags & FIRST) != 0, (flags & LAST) != 0, interests);
    }

    private static void write(WireWriter out, Offer offer) {
        offer.version.write(out.writeNodeId(offer.owner)).writeVarLong(offer.absentMillis);
    }

    private static Offer readOffer(WireReader in) throws WireException {
        return new Offer(in.readNodeId(), Position.read(in), in.readSequence());
    }
}
