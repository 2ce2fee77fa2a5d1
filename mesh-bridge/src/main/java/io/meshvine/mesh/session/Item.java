package io.meshvine.mesh.session;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.wire.Position;
import java.util.List;

/**
 * What nodes say to each other about clients. Several fit into a message. A ticket is a number by which its issuer
 * recognises the answers.
 */
sealed interface Item {

    // ---- To registrars and back

    /** A client connects at the sender, who asks for its registration; {@code whole} as in {@link Holder}. */
    record Claim(String clientId, long ticket, long hint, boolean durable, boolean whole) implements Item {}

    /** The claim is registered, under this fence; these other nodes hold something of the client. */
    record Claimed(String clientId, long ticket, long fence, List<Holder> holders) implements Item {}

    /** The sender holds something of a client; {@code whole} as in {@link Holder}. */
    record Register(String clientId, long fence, boolean connected, boolean durable, boolean whole) implements Item {}

    /** The sender holds nothing of a client any more. */
    record Unregister(String clientId) implements Item {}

    /** The sender has registered everything since the link was made: what else is known of it is void. */
    record Swept() implements Item {}

    /** Another node has the better claim. */
    record Superseded(String clientId, Rank winner) implements Item {}

    // ---- To all peers, who may have something older

    /** A client's session began anew by that claim: what is older is over. */
    record Began(String clientId, long fence) implements Item {}

    // ---- Between the homes of a client

    /** The sender holds something of a client that belongs to the receiver. */
    record Offer(String clientId, long fence) implements Item {}

    /** The client of an offer is not at home at the sender. */
    record NotHome(String clientId, long fence) implements Item {}

    /** Asks a registrar who has a better claim to a client than that; it tells if it knows. */
    record Seek(String clientId, long fence) implements Item {}

    /** What was offered is here already, up to a place in its queue; the sender's interest stands at this position. */
    record Have(String clientId, long fence, Position interest, long through) implements Item {}

    /** The sender has the better claim, and asks for the session; or for its end, if it is older than {@code begun}. */
    record Fetch(String clientId, long ticket, long fence, long begun) implements Item {}

    /** A fetch is being seen to; the session has this fence, and what is older than {@code begun} is none of it. */
    record Coming(long ticket, long fence, long begun) implements Item {}

    /** A fetch has to wait for its answer: it is not known yet who is to have the session. */
    record Undecided(long ticket) implements Item {}

    /** A part of a session. */
    record Part(long ticket, long number, byte[] content) implements Item {}

    /** Parts up to this one are taken in. */
    record PartAck(long ticket, long number) implements Item {}

    /** What was in the session came; what comes now follows when the receiver is subscribed. */
    record CaughtUp(long ticket) implements Item {}

    /** The sender of the fetch is subscribed: its interest stands at this position, and the nodes in its reach know. */
    record Ready(long ticket, Position interest) implements Item {}

    /** All parts came: everything up to a place in the queue. */
    record End(long ticket, long through) implements Item {}

    /**
     * The sender of the fetch has everything up to that place, durably: the other one is to delete it. Its interest stands
     * at this position.
     */
    record Taken(long ticket, Position interest, long through) implements Item {}

    /** There is nothing to fetch, or no longer; what came of it is void. */
    record Nothing(long ticket) implements Item {}

    /** The one that was to hand over has the better claim. */
    record Lost(long ticket, Rank winner, boolean established) implements Item {}

    /** The sender of the fetch does not want it any more. */
    record Cancel(long ticket) implements Item {}

    // ---- To all peers

    /**
     * Asks how far the publishes for the sender are, once the receiver knows that another node wants them: what it
     * forwards from then on goes there.
     *
     * @param home where a session of the sender is now
     * @param interest of that node: subscribed to what the session wants
     */
    record Flush(long ticket, NodeId home, Position interest) implements Item {}

    /** Now it knows; and so far. */
    record Flushed(long ticket, Position position) implements Item {}
}
