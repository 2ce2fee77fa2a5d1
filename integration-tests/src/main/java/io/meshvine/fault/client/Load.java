package io.meshvine.fault.client;

import java.util.concurrent.TimeUnit;

/**
 * How a publisher publishes.
 *
 * @param rate messages a second
 * @param window QoS 1 and 2 messages it has open at most
 * @param payloadBytes size of the payload
 */
public record Load(int rate, int window, int payloadBytes) {
    public Load {
        if (rate < 1 || window < 1) {
            throw new IllegalArgumentException("rate " + rate + ", window " + window + ": both at least 1");
        }
    }

    long intervalNanos() {
        return TimeUnit.SECONDS.toNanos(1) / rate;
    }

    /** How many messages may leave at once after a delay of this process itself. */
    int burst() {
        return Math.max(1, rate / 10);
    }
}
