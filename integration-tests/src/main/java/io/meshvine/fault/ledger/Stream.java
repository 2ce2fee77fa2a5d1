package io.meshvine.fault.ledger;

import java.util.Arrays;

/**
 * What one publisher sends on one topic at one QoS: messages with the sequence numbers 1, 2, 3, ... Times are
 * milliseconds on the ledger's clock, 0 means never. Confined to the client loop.
 */
public final class Stream {
    private static final int FIRST_CAPACITY = 1_024;

    private final int id;
    private final String topic;
    private final int qos;
    private final int node;
    private int[] sentMillis = new int[FIRST_CAPACITY];
    private int[] acknowledgedMillis = new int[FIRST_CAPACITY];
    private int last;
    private int acknowledged;
    private int refused;

    Stream(int id, String topic, int qos, int node) {
        this.id = id;
        this.topic = topic;
        this.qos = qos;
        this.node = node;
    }

    public int id() {
        return id;
    }

    public String topic() {
        return topic;
    }

    public int qos() {
        return qos;
    }

    /** The node that the publisher is connected to. */
    public int node() {
        return node;
    }

    /** Takes the next number for a message that leaves now for the first time. */
    public int send(int nowMillis) {
        last++;
        if (last >= sentMillis.length) {
            sentMillis = Arrays.copyOf(sentMillis, 2 * last);
            acknowledgedMillis = Arrays.copyOf(acknowledgedMillis, 2 * last);
        }
        sentMillis[last] = nowMillis;
        return last;
    }

    /** The publisher has the PUBACK, or at QoS 2 the PUBREC. */
    public void acknowledge(int sequence, int nowMillis) {
        if (acknowledgedMillis[sequence] == 0) {
            acknowledgedMillis[sequence] = nowMillis;
            acknowledged++;
        }
    }

    /** The node answered that it did not take the message. */
    public void refuse() {
        refused++;
    }

    /** The highest number in use; 0 before the first. */
    public int last() {
        return last;
    }

    int sentMillis(int sequence) {
        return sentMillis[sequence];
    }

    int acknowledgedMillis(int sequence) {
        return acknowledgedMillis[sequence];
    }

    boolean isAcknowledged(int sequence) {
        return acknowledgedMillis[sequence] != 0;
    }

    /** How many are acknowledged. */
    public int acknowledged() {
        return acknowledged;
    }

    /** The highest number that is acknowledged; 0 if none. */
    public int lastAcknowledged() {
        int sequence = last;
        while (sequence > 0 && acknowledgedMillis[sequence] == 0) {
            sequence--;
        }
        return sequence;
    }

    int refused() {
        return refused;
    }
}
