package io.meshvine.fault.ledger;

/** A message that a receiver got more than once, at QoS 2. Times are milliseconds on the ledger's clock. */
public record Repeat(
        String receiver,
        int receiverNode,
        String topic,
        int publisherNode,
        int sequence,
        int firstMillis,
        int againMillis) {

    /** One line for people; nodes are counted from 1. */
    @Override
    public String toString() {
        return receiver + " at n" + (receiverNode + 1) + " got " + sequence + " of " + topic + " from n"
                + (publisherNode + 1) + " at +" + firstMillis + " ms and again at +" + againMillis + " ms";
    }
}
