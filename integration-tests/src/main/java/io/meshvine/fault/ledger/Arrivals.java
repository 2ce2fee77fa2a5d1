package io.meshvine.fault.ledger;

import java.util.BitSet;

/** What one receiver got of one stream. Confined to the client loop. */
final class Arrivals {
    private final BitSet seen = new BitSet();
    private int highest;
    private int duplicates;
    private int reordered;

    /** Notes a message; true if it is the first of its number. */
    boolean add(int sequence) {
        if (seen.get(sequence)) {
            duplicates++;
            return false;
        }
        seen.set(sequence);
        if (sequence < highest) {
            reordered++;
        } else {
            highest = sequence;
        }
        return true;
    }

    boolean has(int sequence) {
        return seen.get(sequence);
    }

    int duplicates() {
        return duplicates;
    }

    /** First deliveries that came after a later one. */
    int reordered() {
        return reordered;
    }
}
