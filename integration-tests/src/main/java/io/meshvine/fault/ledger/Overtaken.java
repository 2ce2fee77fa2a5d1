package io.meshvine.fault.ledger;

/** A message that a receiver got after a later one of its stream. Times are milliseconds on the ledger's clock. */
public record Overtaken(
        String receiver, int receiverNode, String topic, int sequence, int sentMillis, int receivedMillis) {

    /** One line for people; nodes are counted from 1. */
    @Override
    public String toString() {
        return receiver + " at n" + (receiverNode + 1) + " got " + sequence + " of " + topic + ", sent at +"
                + sentMillis + " ms, at +" + receivedMillis + " ms, behind a later one";
    }
}
