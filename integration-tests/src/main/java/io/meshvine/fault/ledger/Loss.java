package io.meshvine.fault.ledger;

/**
 * Acknowledged messages with adjacent numbers that a receiver was promised and never got.
 *
 * @param sentMillis when the first of them left, on the ledger's clock
 * @param acknowledgedMillis when the first of them was acknowledged
 */
public record Loss(
        String receiver,
        int receiverNode,
        String topic,
        int publisherNode,
        int first,
        int last,
        int sentMillis,
        int acknowledgedMillis) {

    int count() {
        return last - first + 1;
    }

    /** One line for people; nodes are counted from 1. */
    @Override
    public String toString() {
        return receiver + " at n" + (receiverNode + 1) + " lost " + count() + " of " + topic + " from n"
                + (publisherNode + 1) + ": " + first + " to " + last + ", sent at +" + sentMillis
                + " ms, acknowledged at +" + acknowledgedMillis + " ms";
    }
}
