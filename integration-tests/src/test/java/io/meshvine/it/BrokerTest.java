package io.meshvine.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.meshvine.it.harness.Broker;
import io.meshvine.it.harness.Placement;
import io.meshvine.it.harness.SharedBroker;
import io.meshvine.it.wire.Connect;
import io.meshvine.it.wire.RawClient;
import io.meshvine.it.wire.TcpConnection;
import io.meshvine.it.wire.Version;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What the tests on the shared broker have in common: clients that are closed at the end, and names that no other test
 * uses.
 */
@ExtendWith(SharedBroker.class)
abstract class BrokerTest {

    /** How long a test waits for what has to happen. */
    static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final AtomicInteger TESTS = new AtomicInteger();

    private final List<RawClient> clients = new ArrayList<>();
    private final int number = TESTS.incrementAndGet();
    private int clientIds;
    Broker broker;

    @BeforeEach
    void take(Broker shared) {
        broker = shared;
    }

    @AfterEach
    void closeClients() {
        clients.forEach(RawClient::close);
        broker.assertAlive();
    }

    /** A topic of this test alone. */
    String topic() {
        return "it/" + number;
    }

    /** A topic below {@link #topic()}. */
    String topic(String levels) {
        return topic() + "/" + levels;
    }

    /** A client identifier of this test alone, in the alphabet and length that every server takes. */
    String newClientId() {
        return "it" + number + "x" + ++clientIds;
    }

    /** A CONNECT of a new client, clean by default. */
    Connect newClient(Version version) {
        return Connect.as(version, newClientId());
    }

    /** A network connection to a node, still without CONNECT. */
    RawClient open(int node, Version version) {
        try {
            RawClient client = new RawClient(TcpConnection.open(broker.mqtt(node), PATIENCE), version);
            clients.add(client);
            return client;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A client that the node accepted. */
    RawClient connect(int node, Connect connect) {
        RawClient client = open(node, connect.version());
        assertThat(client.connect(connect).reasonCode()).as("CONNACK").isZero();
        return client;
    }

    /** A new clean client that the node accepted. */
    RawClient connect(int node, Version version) {
        return connect(node, newClient(version));
    }

    /** Lets time go by where time itself is what is tested: expiry, delay, keep alive. */
    static void pass(int seconds) {
        long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
        await().pollDelay(Duration.ofSeconds(seconds))
                .atMost(PATIENCE.plusSeconds(seconds))
                .until(() -> System.nanoTime() >= end);
    }

    RawClient publisher(Placement placement, Version version) {
        return connect(placement.publisherNode(), version);
    }

    RawClient subscriber(Placement placement, Version version) {
        return connect(placement.subscriberNode(), version);
    }
}
