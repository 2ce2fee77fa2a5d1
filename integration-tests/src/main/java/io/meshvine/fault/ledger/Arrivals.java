package io.meshvine.fault.ledger;

import java.util.Arrays;

/** What one receiver got of one stream, and when for the first time. Confined to the client loop. */
final class Arrivals {
    private static final int FIRST_CAPACITY = 1_024;

    private int[] firstMillis = new int[FIRST_CAPACITY];
    private int highest;
    private int duplicates;
    private int inNewSession;
    private int reordered;

    /** What an arrival is. */
    enum Kind {
        /** The first of its number. */
        FIRST,
        /** It was here before, in the same session. */
        REPEAT,
        /** It was here before, in a session that is over: to this one it is new. */
        IN_NEW_SESSION
    }

    /**
     * Notes a message.
     *
     * @param sessionMillis when the receiver's session began
     */
    Kind add(int sequence, int nowMillis, int sessionMillis) {
        if (has(sequence)) {
            if (firstMillis(sequence) >= sessionMillis) {
                duplicates++;
                return Kind.REPEAT;
            }
            firstMillis[sequence] = nowMillis;
            inNewSession++;
            return Kind.IN_NEW_SESSION;
        }
        if (sequence >= firstMillis.length) {
            firstMillis = Arrays.copyOf(firstMillis, 2 * sequence);
        }
        firstMillis[sequence] = nowMillis;
        if (sequence < highest) {
            reordered++;
        } else {
            highest = sequence;
        }
        return Kind.FIRST;
    }

    boolean has(int sequence) {
        return firstMillis(sequence) != 0;
    }

    /** When it came for the first time in its session; 0 for never. */
    int firstMillis(int sequence) {
        return sequence < firstMillis.length ? firstMillis[sequence] : 0;
    }

    int duplicates() {
        return duplicates;
    }

    /** Deliveries of what an earlier session had as well. */
    int inNewSession() {
        return inNewSession;
    }

    /** First deliveries that came after a later one. */
    int reordered() {
        return reordered;
    }
}
