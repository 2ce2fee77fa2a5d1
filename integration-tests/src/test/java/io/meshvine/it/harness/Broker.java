package io.meshvine.it.harness;

import java.net.InetSocketAddress;

/** What runs the tests: one or more nodes that act as one broker. Any thread. */
public interface Broker extends AutoCloseable {

    /** How many nodes there are, at least 1. */
    int nodes();

    /** Where a node speaks MQTT over TCP. Nodes count from 0. */
    InetSocketAddress mqtt(int node);

    /** Where a node speaks MQTT over WebSocket, at path {@code /mqtt}. */
    InetSocketAddress webSocket(int node);

    /** Fails unless every node still runs. */
    void assertAlive();

    /** The last lines that every node logged, for the report of a failed test. */
    String logTails();

    @Override
    void close();
}
