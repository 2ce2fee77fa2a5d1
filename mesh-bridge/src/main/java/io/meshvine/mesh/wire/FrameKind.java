package io.meshvine.mesh.wire;

import org.jspecify.annotations.Nullable;

/** What a frame is for. Codes are on the wire: one is never used for something else. */
public enum FrameKind {
    /** First frame of a link in each direction: who speaks and what it has of the other's publishes. */
    HELLO(1, false),
    /** The sender leaves; only its durable routes stay. */
    GOODBYE(2, false),
    /** Asks for a {@link #PONG} and tells what was sent, so that the receiver notices what is missing. */
    PING(3, false),
    /** Answers a {@link #PING} and acknowledges. */
    PONG(4, false),
    /** Acknowledges publishes and reports consumed bytes. */
    ACK(5, false),
    /** Asks for publishes from a sequence number on. */
    RESEND_REQUEST(6, false),
    /** The whole table of what the sender wants, in chunks. */
    INTEREST_SNAPSHOT(7, true),
    /** A change of that table. */
    INTEREST_DELTA(8, true),
    /** The table was applied up to a sequence number. */
    INTEREST_ACK(9, false),
    /** Asks for a snapshot. */
    INTEREST_REQUEST(10, false),
    /** Publishes, with an acknowledgement of the other direction. */
    PUBLISHES(11, true),
    /** Digest of the retained messages: of all, or of each bucket. */
    RETAINED_DIGEST(12, true),
    /** What the sender has in one bucket. */
    RETAINED_LISTING(13, true),
    /** Retained messages and deletions. */
    RETAINED_ENTRIES(14, true),
    /** Of which absent nodes the sender knows what they want. */
    ABSENT_OFFER(15, false),
    /** Asks for what absent nodes want. */
    ABSENT_REQUEST(16, false),
    /** What an absent node wants, in chunks. */
    ABSENT_TABLE(17, true),
    /** Asks for an answer, and for a report, on behalf of an operator. */
    PROBE(18, false),
    /** Answers a {@link #PROBE}. */
    PROBE_ANSWER(19, false),
    /** What the sender found when it probed its own links. */
    PROBE_REPORT(20, false),
    /** A message of one part of the sender to the same part of the receiver, numbered. */
    LANE_MESSAGE(32, true),
    /** Confirms such messages up to a number. */
    LANE_ACK(33, false);

    private static final int MAX_CODE = 63;

    private static final @Nullable FrameKind[] BY_CODE = new @Nullable FrameKind[MAX_CODE + 1];

    static {
        for (FrameKind kind : values()) {
            BY_CODE[kind.code] = kind;
        }
    }

    private final int code;
    private final boolean counted;

    FrameKind(int code, boolean counted) {
        this.code = code;
        this.counted = counted;
    }

    int code() {
        return code;
    }

    /** Whether its bytes count for the flight window; such a frame carries its position in the stream of bytes. */
    public boolean counted() {
        return counted;
    }

    static FrameKind of(int code) throws WireException {
        FrameKind kind = code < BY_CODE.length ? BY_CODE[code] : null;
        if (kind == null) {
            throw new WireException("unknown kind of frame " + code);
        }
        return kind;
    }
}
