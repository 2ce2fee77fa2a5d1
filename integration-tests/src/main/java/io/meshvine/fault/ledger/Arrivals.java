package io.meshvine.fault.ledger;

import java.util.Arrays;

/** What one receiver got of one stream, and when for the first time. Confined to the client loop. */
final class Arrivals {
    private static final int FIRST_CAPACITY = 1_024;

    private int[] firstMillis = new int[FIRST_CAPACITY];
    private int highest;
    private int duplicates;
    private int reordered;

    /** Notes a message; true if it is the first of its number. */
    boolean add(int sequence, int nowMillis) {
        if (has(sequence)) {
            duplicates++;
            return false;
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
        return true;
    }

    boolean has(int sequence) {
        return firstMillis(sequence) != 0;
    }

    /** When it came for the first time; 0 for never. */
    int firstMillis(int sequence) {
        return sequence < firstMillis.length ? firstMillis[sequence] : 0;
    }

    int duplicates() {
        return duplicates;
    }

    /** First deliveries that came after a later one. */
    int reordered() {
        return reordered;
    }
}
