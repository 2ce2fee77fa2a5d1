package io.meshvine.bench.load;

/**
 * What one subscriber has seen of one publisher: gaps, repeats and disorder are told apart by a ring of the newest sequence numbers.
 * Sequences start at 1 and are dense at the publisher. Confined to the load loop.
 */
final class SequenceTrack {
    /** Sequence numbers behind the highest for which a repeat and a late first arrival are told apart. */
    static final int MEMORY = 1 << 14;

    private final long[] seen = new long[MEMORY / Long.SIZE];
    private long highest;
    private long unique;
    private long duplicates;
    private long reordered;
    private long tooOld;
    private long forgiven;

    void arrived(long sequence) {
        if (sequence == highest + 1) {
            highest = sequence;
            mark(sequence);
            unique++;
        } else if (sequence > highest) {
            skipTo(sequence);
            unique++;
        } else if (highest - sequence >= MEMORY) {
            tooOld++;
        } else if (isMarked(sequence)) {
            duplicates++;
        } else {
            mark(sequence);
            unique++;
            reordered++;
        }
    }

    private void skipTo(long sequence) {
        long from = Math.max(highest + 1, sequence - MEMORY + 1);
        for (long missing = from; missing < sequence; missing++) {
            seen[word(missing)] &= ~bit(missing);
        }
        highest = sequence;
        mark(sequence);
    }

    /** Stops waiting for what is missing up to the given sequence, so that one lost message does not end the run. It still counts as lost. */
    void forgive(long sequence) {
        forgiven = sequence;
    }

    /** Highest sequence that the publisher's window counts as received. */
    long progress() {
        return Math.max(highest, forgiven);
    }

    /** Messages that arrived, each counted once. */
    long unique() {
        return unique;
    }

    long duplicates() {
        return duplicates;
    }

    /** First arrivals behind a message that was sent later. */
    long reordered() {
        return reordered;
    }

    /** Arrivals too far behind to tell whether they repeat. */
    long tooOld() {
        return tooOld;
    }

    private void mark(long sequence) {
        seen[word(sequence)] |= bit(sequence);
    }

    private boolean isMarked(long sequence) {
        return (seen[word(sequence)] & bit(sequence)) != 0;
    }

    private static int word(long sequence) {
        return (int) (sequence & (MEMORY - 1)) >>> 6;
    }

    private static long bit(long sequence) {
        return 1L << sequence;
    }
}
