package io.meshvine.mesh;

/** Why a publish on its way to a peer, or from one, went no further. */
public enum DropReason {
    /** QoS 0 for a peer that is not connected. */
    PEER_ABSENT("peer-absent"),
    /** QoS 0 for a peer whose queue is full: the peer or the network to it is too slow. */
    PEER_SLOW("peer-slow"),
    /** QoS 0 that came from a peer ahead of a publish which got lost on the way and is sent again. */
    OUT_OF_ORDER("out-of-order"),
    /** QoS 1 or 2 for an absent peer whose outbox is full. */
    OUTBOX_FULL("outbox-full"),
    /** Its message expiry passed while it waited in the outbox. */
    EXPIRED("expired"),
    /** A record of the outbox that is missing or of an unknown version. */
    UNREADABLE("unreadable"),
    /** QoS 1 or 2 for a peer that stayed away longer than the outbox keeps. */
    OUTBOX_EXPIRED("outbox-expired"),
    /** Larger than the mesh forwards. */
    TOO_LARGE("too-large"),
    /** Addressed to a node that was never seen. */
    UNKNOWN_PEER("unknown-peer"),
    /** QoS 0 while this node takes in more than its bridge can forward. */
    BRIDGE_BUSY("bridge-busy"),
    /** Still in the outbox when this node stopped. */
    SHUTDOWN("shutdown"),
    /** A retained message from more than a minute in the future: it was delivered but not retained. */
    STAMP_AHEAD("stamp-ahead"),
    /** A retained message of a peer for which there is no room: it was delivered but not retained. */
    RETAINED_FULL("retained-full"),
    /** The local broker failed on a batch of a peer. */
    DELIVERY_FAILED("delivery-failed");

    private final String label;

    DropReason(String label) {
        this.label = label;
    }

    /** The name of this reason in metrics and status. */
    public String label() {
        return label;
    }
}
