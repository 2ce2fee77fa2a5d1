package io.meshvine.it.wire;

import static io.meshvine.it.wire.PacketType.CONNACK;
import static io.meshvine.it.wire.PacketType.DISCONNECT;
import static io.meshvine.it.wire.PacketType.PINGRESP;
import static io.meshvine.it.wire.PacketType.PUBACK;
import static io.meshvine.it.wire.PacketType.PUBCOMP;
import static io.meshvine.it.wire.PacketType.PUBLISH;
import static io.meshvine.it.wire.PacketType.PUBREC;
import static io.meshvine.it.wire.PacketType.PUBREL;
import static io.meshvine.it.wire.PacketType.SUBACK;
import static io.meshvine.it.wire.PacketType.UNSUBACK;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * A client that does what it is told and nothing by itself: it reads only when asked, acknowledges only in the methods
 * that say so, and resends nothing. Confined to one thread.
 */
public final class RawClient implements AutoCloseable {

    private final Connection connection;
    private final Version version;
    private final PacketReader reader;
    /** Packets that arrived while another type was awaited, in order. */
    private final Deque<Packet> unread = new ArrayDeque<>();

    private int nextPacketId = 1;

    public RawClient(Connection connection, Version version) {
        this.connection = connection;
        this.version = version;
        this.reader = new PacketReader(connection, version);
    }

    public Version version() {
        return version;
    }

    /** How the server's packets have to look beyond the standard's general rules. */
    public PacketReader reader() {
        return reader;
    }

    // Sending

    public void send(byte[]... packets) {
        try {
            for (byte[] packet : packets) {
                connection.write(packet);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int newPacketId() {
        return nextPacketId++;
    }

    /** Sends a publish and awaits nothing. Returns its packet identifier. */
    public int send(Publish publish) {
        if (publish.qos() > 0 && publish.packetId() == 0) {
            publish.packetId(newPacketId());
        }
        send(publish.toBytes(version));
        return publish.packetId();
    }

    // Whole exchanges

    /** Sends CONNECT and returns the CONNACK, whatever it says. */
    public Packet connect(Connect connect) {
        reader.limitsOf(connect);
        send(connect.toBytes());
        return next(CONNACK);
    }

    /** Publishes and plays the whole flow of its QoS. Returns the PUBACK or PUBREC; for QoS 0 the publish's echo. */
    public Optional<Packet> publish(Publish publish) {
        int id = send(publish);
        return switch (publish.qos()) {
            case 1 -> Optional.of(awaitAcknowledgement(PUBACK, id));
            case 2 -> {
                Packet received = awaitAcknowledgement(PUBREC, id);
                if (received.reasonCode() < 0x80) {
                    send(Packets.acknowledgement(PUBREL, id));
                    awaitAcknowledgement(PUBCOMP, id);
                }
                yield Optional.of(received);
            }
            default -> Optional.empty();
        };
    }

    /** Subscribes and returns the SUBACK, whatever it says. */
    public Packet subscribe(Subscribe subscribe) {
        if (subscribe.packetId() == 0) {
            subscribe.packetId(newPacketId());
        }
        send(subscribe.toBytes(version));
        return awaitAcknowledgement(SUBACK, subscribe.packetId());
    }

    /** Subscribes to one filter and expects that it is granted. */
    public void subscribe(String filter, int options) {
        Packet suback = subscribe(Subscribe.to(filter, options));
        assertThat(suback.reasonCodes()).as("SUBACK for %s", filter).containsExactly(options & 0b11);
    }

    public Packet unsubscribe(String... filters) {
        int id = newPacketId();
        send(Packets.unsubscribe(version, id, filters));
        return awaitAcknowledgement(UNSUBACK, id);
    }

    /** Sends PINGREQ and awaits its answer; publishes that come before it stay to be read. */
    public void ping() {
        send(Packets.pingreq());
        await(PINGRESP);
    }

    /** Says DISCONNECT and waits until the server has closed the connection. */
    public void disconnect() {
        send(Packets.disconnect());
        assertThat(awaitClose()).as("a packet of the server after DISCONNECT").isEmpty();
        close();
    }

    // Receiving

    /** The next packet, which has to be of a type. */
    public Packet next(PacketType type) {
        Packet packet = next();
        assertThat(packet.type()).as("type of %s", packet).isEqualTo(type);
        return packet;
    }

    /** The next packet. */
    public Packet next() {
        return unread.isEmpty()
                ? read().orElseThrow(() -> new AssertionError("the server closed the connection"))
                : unread.remove();
    }

    /** The next packet of a type; others stay to be read. */
    public Packet await(PacketType type) {
        for (Iterator<Packet> packets = unread.iterator(); packets.hasNext(); ) {
            Packet packet = packets.next();
            if (packet.type() == type) {
                packets.remove();
                return packet;
            }
        }
        while (true) {
            Packet packet =
                    read().orElseThrow(() -> new AssertionError("closed instead of " + type + ", unread " + unread));
            if (packet.type() == type) {
                return packet;
            }
            unread.add(packet);
        }
    }

    private Packet awaitAcknowledgement(PacketType type, int packetId) {
        Packet packet = await(type);
        assertThat(packet.packetId()).as("packet identifier of %s", packet).isEqualTo(packetId);
        return packet;
    }

    /** The next publish, acknowledged by the whole flow of its QoS. */
    public Packet receive() {
        Packet publish = await(PUBLISH);
        acknowledge(publish);
        return publish;
    }

    public List<Packet> receive(int count) {
        List<Packet> publishes = new ArrayList<>(count);
        while (publishes.size() < count) {
            publishes.add(receive());
        }
        return publishes;
    }

    /** Receives and acknowledges publishes up to and including one with a payload, and returns those before it. */
    public List<Packet> receiveUntil(String marker) {
        List<Packet> publishes = new ArrayList<>();
        for (Packet publish = receive(); !publish.text().equals(marker); publish = receive()) {
            publishes.add(publish);
        }
        return publishes;
    }

    public void acknowledge(Packet publish) {
        if (publish.qos() == 1) {
            send(Packets.acknowledgement(PUBACK, publish.packetId()));
        } else if (publish.qos() == 2) {
            send(Packets.acknowledgement(PUBREC, publish.packetId()));
            awaitAcknowledgement(PUBREL, publish.packetId());
            send(Packets.acknowledgement(PUBCOMP, publish.packetId()));
        }
    }

    /** What arrived and was not read yet. */
    public List<Packet> unread() {
        return List.copyOf(unread);
    }

    /** Proves by a ping that the server had nothing else to send so far. */
    public void assertNothingReceived() {
        ping();
        assertThat(unread).as("unexpected packets").isEmpty();
    }

    /** Waits until the server closes the connection. Returns the DISCONNECT that came last, if any. */
    public Optional<Packet> awaitClose() {
        Optional<Packet> last = Optional.empty();
        for (Optional<Packet> packet = read(); packet.isPresent(); packet = read()) {
            assertThat(last).as("last packet before %s", packet).isEmpty(); // [MQTT-3.14.4-1]
            if (packet.get().type() == DISCONNECT) {
                last = packet;
            } else {
                unread.add(packet.get());
            }
        }
        return last;
    }

    /** Waits until the server closes the connection with a DISCONNECT. Returns its reason code. */
    public int awaitDisconnect() {
        return awaitClose()
                .orElseThrow(() -> new AssertionError("closed without DISCONNECT, unread " + unread))
                .reasonCode();
    }

    private Optional<Packet> read() {
        try {
            return reader.read();
        } catch (SocketTimeoutException e) {
            throw new AssertionError("nothing came from the server in time, unread " + unread, e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Closes the network connection without DISCONNECT. */
    @Override
    public void close() {
        connection.close();
    }
}
