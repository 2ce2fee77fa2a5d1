package io.meshvine.fault.ledger;

import java.util.Map;
import java.util.TreeMap;

/**
 * A subscriber, and what was promised to it. A durable session is promised everything that is sent after its first
 * SUBACK, wherever its client is; a clean one, what is sent after the SUBACK of a connection that lasts to the end.
 * Times are milliseconds on the ledger's clock. Confined to the client loop.
 */
public final class Receiver {
    private static final int NEVER = Integer.MAX_VALUE;

    private final String name;
    private final boolean durable;
    private final int qos;
    private final Map<Integer, Arrivals> arrivals = new TreeMap<>();
    private int lostSessions;
    private int sessionMillis;
    private int node;
    private int promisedFromMillis = NEVER;

    Receiver(String name, boolean durable, int qos, int node) {
        this.name = name;
        this.durable = durable;
        this.qos = qos;
        this.node = node;
    }

    public String name() {
        return name;
    }

    boolean isDurable() {
        return durable;
    }

    /** The node it is connected to, or was last. */
    public int node() {
        return node;
    }

    public void moveTo(int newNode) {
        node = newNode;
    }

    /** Its node knows of no session of it: one begins. What an earlier one got may come again. */
    public void beginSession(int nowMillis) {
        sessionMillis = nowMillis;
    }

    /** It has a SUBACK. */
    public void subscribed(int nowMillis) {
        if (!durable || promisedFromMillis == NEVER) {
            promisedFromMillis = nowMillis;
        }
    }

    /** Its connection is over. */
    public void disconnected() {
        if (!durable) {
            promisedFromMillis = NEVER;
        }
    }

    /** It came back to find that its durable session is gone. What was promised stays promised. */
    public void lostSession() {
        lostSessions++;
    }

    int lostSessions() {
        return lostSessions;
    }

    /** True if it was subscribed when that message left. */
    boolean isPromised(Stream stream, int sequence, Separations separations) {
        if (stream.sentMillis(sequence) <= promisedFromMillis || promisedFromMillis == NEVER) {
            return false;
        }
        // A node that cannot be reached has no routes for what ends with its connection.
        int sent = stream.sentMillis(sequence);
        int until = Math.max(sent, stream.acknowledgedMillis(sequence));
        return durable || !separations.touch(stream.node(), node, sent, until);
    }

    /** Notes what the application of this client gets. */
    Arrivals.Kind receive(Stream stream, int sequence, int nowMillis) {
        return of(stream).add(sequence, nowMillis, sessionMillis);
    }

    Arrivals of(Stream stream) {
        return arrivals.computeIfAbsent(stream.id(), id -> new Arrivals());
    }

    /** The QoS at which it gets the messages of a stream. */
    int effectiveQos(Stream stream) {
        return Math.min(qos, stream.qos());
    }
}
