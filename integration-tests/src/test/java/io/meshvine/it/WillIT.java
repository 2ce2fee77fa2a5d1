package io.meshvine.it;

import static io.meshvine.it.wire.Property.CONTENT_TYPE;
import static io.meshvine.it.wire.Property.CORRELATION_DATA;
import static io.meshvine.it.wire.Property.MESSAGE_EXPIRY_INTERVAL;
import static io.meshvine.it.wire.Property.PAYLOAD_FORMAT_INDICATOR;
import static io.meshvine.it.wire.Property.RESPONSE_TOPIC;
import static io.meshvine.it.wire.Property.SESSION_EXPIRY_INTERVAL;
import static io.meshvine.it.wire.Property.WILL_DELAY_INTERVAL;
import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.it.harness.Clause;
import io.meshvine.it.harness.EachPlacement;
import io.meshvine.it.harness.MosquittoDeviates;
import io.meshvine.it.harness.Placement;
import io.meshvine.it.wire.ByteWriter;
import io.meshvine.it.wire.Connect;
import io.meshvine.it.wire.Packet;
import io.meshvine.it.wire.PacketType;
import io.meshvine.it.wire.Packets;
import io.meshvine.it.wire.Properties;
import io.meshvine.it.wire.Publish;
import io.meshvine.it.wire.RawClient;
import io.meshvine.it.wire.Subscribe;
import io.meshvine.it.wire.Version;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Will messages: when they are published, when not, and what is left of them at the subscriber. */
class WillIT extends BrokerTest {

    private Publish will() {
        return Publish.to(topic()).payload("will").qos(1);
    }

    private RawClient listener(Placement placement, Version version) {
        RawClient listener = subscriber(placement, version);
        listener.subscribe(topic(), 2);
        return listener;
    }

    private void publishMarker(Placement placement) {
        publisher(placement, Version.V5)
                .publish(Publish.to(topic()).payload("marker").qos(1));
    }

    @EachPlacement
    @Clause(
            value = {"MQTT-3.1.2-7", "MQTT-3.1.2-8", "MQTT-3.1.2-9", "MQTT-3.1.2-14"},
            v311 = {"MQTT-3.1.2-8", "MQTT-3.1.2-9", "MQTT-3.1.2-16"})
    void isPublishedWhenTheConnectionBreaks(Placement placement, Version version) {
        RawClient listener = listener(placement, version);
        for (int qos = 0; qos <= 2; qos++) {
            Publish will = Publish.to(topic()).payload("last words " + qos).qos(qos);
            connect(placement.publisherNode(), newClient(version).will(will)).close();

            Packet received = listener.receive();
            assertThat(received.text()).isEqualTo("last words " + qos);
            assertThat(received.qos()).isEqualTo(qos);
            assertThat(received.retain()).isFalse();
        }
    }

    @EachPlacement
    @Clause(
            value = {"MQTT-3.14.4-3", "MQTT-3.1.2-8", "MQTT-3.1.2-10"},
            v311 = {"MQTT-3.14.4-3", "MQTT-3.1.2-10"})
    void isDiscardedByDisconnect(Placement placement, Version version) {
        RawClient listener = listener(placement, version);
        connect(placement.publisherNode(), newClient(version).will(will())).disconnect();
        publishMarker(placement);

        assertThat(listener.receiveUntil("marker")).isEmpty();
    }

    @EachPlacement
    @Clause({"3.14.2.1", "MQTT-3.1.2-8"})
    void isPublishedOnRequest(Placement placement) {
        RawClient listener = listener(placement, Version.V5);
        RawClient dying =
                connect(placement.publisherNode(), newClient(Version.V5).will(will()));
        dying.send(Packets.disconnect(0x04, Properties.none()));

        assertThat(listener.receive().text()).isEqualTo("will");
        assertThat(dying.awaitClose()).isEmpty();
    }

    @EachPlacement
    @Clause(
            value = {"MQTT-3.1.2-8", "MQTT-4.13.1-1"},
            v311 = {"MQTT-3.1.2-8", "MQTT-4.8.0-1"})
    void isPublishedAfterAProtocolError(Placement placement, Version version) {
        RawClient listener = listener(placement, version);
        connect(placement.publisherNode(), newClient(version).will(will()))
                .send(new ByteWriter().u16(1).toPacket(PacketType.PUBREL.header() ^ 1));

        assertThat(listener.receive().text()).isEqualTo("will");
    }

    @EachPlacement
    @Clause(
            value = {"MQTT-3.1.2-8", "MQTT-3.1.2-22"},
            v311 = {"MQTT-3.1.2-8", "MQTT-3.1.2-24"})
    @MosquittoDeviates("looks for silent clients every few seconds only")
    void isPublishedWhenKeepAliveRunsOut(Placement placement, Version version) {
        RawClient listener = listener(placement, version);
        RawClient quiet = connect(
                placement.publisherNode(), newClient(version).keepAlive(1).will(will()));
        long start = System.nanoTime();

        assertThat(listener.receive().text()).isEqualTo("will");
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(Duration.ofMillis(1_400), Duration.ofSeconds(4));
        quiet.awaitClose();
    }

    @EachPlacement
    @Clause(value = "MQTT-3.1.2-22", v311 = "MQTT-3.1.2-24")
    void waitsAsLongAsAnythingArrivesInTime(Placement placement, Version version) {
        RawClient listener = listener(placement, version);
        RawClient lively = connect(
                placement.publisherNode(), newClient(version).keepAlive(1).will(will()));
        for (int i = 0; i < 3; i++) {
            pass(1);
            if (i == 1) {
                lively.send(Publish.to(topic("sign of life")));
            } else {
                lively.ping();
            }
        }
        lively.send(Publish.to(topic()).payload("marker").qos(1));

        assertThat(listener.receiveUntil("marker")).isEmpty();
    }

    @EachPlacement
    @Clause(value = "MQTT-3.1.2-15", v311 = "MQTT-3.1.2-17")
    void isRetainedWhereAsked(Placement placement, Version version) {
        RawClient listener = listener(placement, version);
        connect(placement.publisherNode(), newClient(version).will(will().retained()))
                .close();
        assertThat(listener.receive().retain()).isFalse();

        RawClient late = subscriber(placement, version);
        late.subscribe(topic(), 1);

        Packet received = late.receive();
        assertThat(received.text()).isEqualTo("will");
        assertThat(received.retain()).isTrue();
    }

    @EachPlacement
    @Clause({"3.1.3.2", "MQTT-3.1.3-10", "MQTT-3.3.2-17"})
    void keepsItsProperties(Placement placement) {
        RawClient listener = listener(placement, Version.V5);
        Publish will = will().with(PAYLOAD_FORMAT_INDICATOR, 1)
                .with(MESSAGE_EXPIRY_INTERVAL, 1000)
                .with(CONTENT_TYPE, "text/plain")
                .with(RESPONSE_TOPIC, topic("response"))
                .withBinary(CORRELATION_DATA, (byte) 1, (byte) 2)
                .withUser("z", "1")
                .withUser("a", "2")
                .withUser("z", "3");
        connect(placement.publisherNode(), newClient(Version.V5).will(will)).close();

        Properties received = listener.receive().properties();

        assertThat(received.number(PAYLOAD_FORMAT_INDICATOR)).contains(1L);
        assertThat(received.number(MESSAGE_EXPIRY_INTERVAL).orElseThrow()).isBetween(995L, 1000L);
        assertThat(received.string(CONTENT_TYPE)).contains("text/plain");
        assertThat(received.string(RESPONSE_TOPIC)).contains(topic("response"));
        assertThat(received.binary(CORRELATION_DATA)).contains(new byte[] {1, 2});
        assertThat(received.userProperties()).isEqualTo(will.properties().userProperties());
        assertThat(received.has(WILL_DELAY_INTERVAL)).isFalse();
    }

    @EachPlacement
    @Clause({"3.1.3.2.2", "MQTT-3.1.2-8", "MQTT-3.1.2-10"})
    void waitsForItsDelay(Placement placement) {
        RawClient listener = listener(placement, Version.V5);
        Connect connect =
                newClient(Version.V5).with(SESSION_EXPIRY_INTERVAL, 60).will(will().with(WILL_DELAY_INTERVAL, 2));
        connect(placement.publisherNode(), connect).close();
        publishMarker(placement);
        long start = System.nanoTime();

        assertThat(listener.receiveUntil("marker")).isEmpty();
        assertThat(listener.receive().text()).isEqualTo("will");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(5));
        connect(placement.publisherNode(), Connect.as(Version.V5, connect.clientId()))
                .disconnect();
        publishMarker(placement);
        assertThat(listener.receiveUntil("marker")).as("published once").isEmpty();
    }

    @EachPlacement
    @Clause("MQTT-3.1.3-9")
    void isDroppedWhenTheClientIsBackBeforeItsDelay(Placement placement) {
        RawClient listener = listener(placement, Version.V5);
        String clientId = newClientId();
        Connect connect = Connect.as(Version.V5, clientId)
                .with(SESSION_EXPIRY_INTERVAL, 60)
                .will(will().with(WILL_DELAY_INTERVAL, 1));
        connect(placement.publisherNode(), connect).close();
        RawClient back = connect(
                placement.publisherNode(),
                Connect.as(Version.V5, clientId).resuming().with(SESSION_EXPIRY_INTERVAL, 60));
        pass(2);
        back.publish(Publish.to(topic()).payload("marker").qos(1));

        assertThat(listener.receiveUntil("marker")).isEmpty();
    }

    @EachPlacement
    @Clause({"MQTT-3.1.2-8", "3.1.3.2.2"})
    @MosquittoDeviates("waits for the delay")
    void isPublishedWhenTheSessionEndsBeforeItsDelay(Placement placement) {
        RawClient listener = listener(placement, Version.V5);
        Publish delayed = will().with(WILL_DELAY_INTERVAL, 60);
        connect(placement.publisherNode(), newClient(Version.V5).will(delayed)).close();
        assertThat(listener.receive().text()).isEqualTo("will");

        connect(
                        placement.publisherNode(),
                        newClient(Version.V5).with(SESSION_EXPIRY_INTERVAL, 1).will(delayed))
                .close();
        assertThat(listener.receive().text()).isEqualTo("will");
    }

    @EachPlacement
    @Clause({"MQTT-3.1.2-8", "MQTT-3.1.2-4", "3.1.3.2.2"})
    @MosquittoDeviates("drops it")
    void isPublishedWhenACleanStartEndsTheSessionBeforeItsDelay(Placement placement) {
        RawClient listener = listener(placement, Version.V5);
        Connect connect =
                newClient(Version.V5).with(SESSION_EXPIRY_INTERVAL, 60).will(will().with(WILL_DELAY_INTERVAL, 60));
        connect(placement.publisherNode(), connect).close();

        connect(placement.publisherNode(), Connect.as(Version.V5, connect.clientId()));

        assertThat(listener.receive().text()).isEqualTo("will");
    }

    @EachPlacement
    @Clause(
            value = {"MQTT-3.1.4-3", "MQTT-3.1.2-8"},
            v311 = {"MQTT-3.1.4-2", "MQTT-3.1.2-8"})
    @MosquittoDeviates("drops it")
    void isPublishedWhenAnotherConnectionTakesOver(Placement placement, Version version) {
        RawClient listener = listener(placement, version);
        String clientId = newClientId();
        connect(
                placement.publisherNode(),
                Connect.as(version, clientId).durable().will(will()));

        connect(placement.publisherNode(), Connect.as(version, clientId).durable());

        assertThat(listener.receive().text()).isEqualTo("will");
    }

    @EachPlacement
    @Clause(value = "MQTT-3.1.2-10", v311 = "MQTT-3.1.2-10")
    void belongsToOneConnectionOnly(Placement placement, Version version) {
        RawClient listener = listener(placement, version);
        String clientId = newClientId();
        connect(
                        placement.publisherNode(),
                        Connect.as(version, clientId).durable().will(will()))
                .close();
        assertThat(listener.receive().text()).isEqualTo("will");
        RawClient withoutWill =
                connect(placement.publisherNode(), Connect.as(version, clientId).durable());
        withoutWill.ping();
        withoutWill.close();
        RawClient clean = connect(placement.publisherNode(), Connect.as(version, clientId));
        clean.publish(Publish.to(topic()).payload("marker").qos(1));

        assertThat(listener.receiveUntil("marker")).isEmpty();
    }

    @EachPlacement
    @Clause(value = "3.1.3.4", v311 = "MQTT-3.1.2-8")
    void mayBeEmpty(Placement placement, Version version) {
        RawClient listener = listener(placement, version);
        connect(placement.publisherNode(), newClient(version).will(Publish.to(topic())))
                .close();

        assertThat(listener.receive().payload()).isEmpty();
    }

    @EachPlacement
    @Clause(value = "MQTT-3.1.2-8", v311 = "MQTT-3.1.2-8")
    void followsWhatTheClientPublishedBefore(Placement placement, Version version) {
        RawClient listener = listener(placement, version);
        RawClient dying = open(placement.publisherNode(), version);
        ByteWriter all = new ByteWriter().raw(newClient(version).will(will()).toBytes());
        for (int i = 1; i <= 20; i++) {
            all.raw(Publish.to(topic()).payload("alive " + i).qos(1).packetId(i).toBytes(version));
        }
        dying.send(all.toBytes());
        dying.await(PacketType.CONNACK);
        for (int i = 1; i <= 20; i++) {
            dying.await(PacketType.PUBACK);
        }
        dying.close();

        assertThat(listener.receive(21)).last().extracting(Packet::text).isEqualTo("will");
    }

    @Test
    @Clause(value = "MQTT-3.8.3-3")
    void reachesTheClientsOwnSessionUnlessNoLocal() {
        String clientId = newClientId();
        Connect connect = Connect.as(Version.V5, clientId).durable();
        RawClient before = connect(0, connect.will(will()));
        before.subscribe(topic(), 1);
        before.subscribe(Subscribe.to(topic("other"), 1));
        before.close();

        RawClient after = connect(0, Connect.as(Version.V5, clientId).durable());

        assertThat(after.receive().text()).isEqualTo("will");
    }
}
