package io.meshvine.it.wire;

import static io.meshvine.it.wire.Property.TOPIC_ALIAS;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Cuts a stream into packets, resolves topic aliases, and checks each packet against the limits that the client set in
 * its CONNECT. Confined to one thread.
 */
public final class PacketReader {

    private static final Set<PacketType> MAY_EXPLAIN =
            Set.of(PacketType.PUBLISH, PacketType.CONNACK, PacketType.DISCONNECT);

    private final Connection connection;
    private final PacketDecoder decoder;
    private final Map<Integer, String> topicAliases = new HashMap<>();
    private final byte[] buffer = new byte[16 * 1024];
    private int position;
    private int limit;

    private long maximumPacketSize = Long.MAX_VALUE;
    private long topicAliasMaximum;
    private boolean problemInformation = true;
    private int aliasesUsed;

    PacketReader(Connection connection, Version version) {
        this.connection = connection;
        this.decoder = new PacketDecoder(version);
    }

    void limitsOf(Connect connect) {
        Properties properties = connect.properties();
        maximumPacketSize = properties.number(Property.MAXIMUM_PACKET_SIZE).orElse(Long.MAX_VALUE);
        topicAliasMaximum = properties.number(Property.TOPIC_ALIAS_MAXIMUM).orElse(0L);
        problemInformation =
                properties.number(Property.REQUEST_PROBLEM_INFORMATION).orElse(1L) != 0;
    }

    /** How many publishes came with an empty topic name and an alias instead. */
    public int aliasesUsed() {
        return aliasesUsed;
    }

    /** The next packet, or nothing if the server closed the connection. */
    Optional<Packet> read() throws IOException {
        int firstByte = nextByte();
        if (firstByte < 0) {
            return Optional.empty();
        }
        int size = 1;
        int length = 0;
        int part;
        do {
            part = nextByte();
            if (part < 0 || size > 4) {
                throw new EOFException("within the length of a packet");
            }
            length |= (part & 0x7f) << (7 * (size - 1));
            size++;
        } while ((part & 0x80) != 0);
        byte[] body = new byte[length];
        for (int i = 0; i < length; i++) {
            int next = nextByte();
            if (next < 0) {
                throw new EOFException("within a packet");
            }
            body[i] = (byte) next;
        }
        if (size + length > maximumPacketSize) {
            throw new MalformedPacketError((size + length) + " bytes, too large"); // [MQTT-3.1.2-24]
        }
        Packet packet = decoder.decode(firstByte, body);
        checkExplanations(packet);
        return Optional.of(resolveAlias(packet));
    }

    /** [MQTT-3.1.2-29]. */
    private void checkExplanations(Packet packet) {
        boolean explains = packet.properties().has(Property.REASON_STRING)
                || packet.properties().has(Property.USER_PROPERTY);
        if (explains && !problemInformation && !MAY_EXPLAIN.contains(packet.type())) {
            throw new MalformedPacketError("problem information that was not requested: " + packet);
        }
    }

    private Packet resolveAlias(Packet packet) {
        Optional<Long> alias = packet.properties().number(TOPIC_ALIAS);
        if (alias.isEmpty()) {
            return packet;
        }
        if (alias.get() > topicAliasMaximum) {
            throw new MalformedPacketError("topic alias " + alias.get()); // [MQTT-3.1.2-26], [MQTT-3.1.2-27]
        }
        if (!packet.topic().isEmpty()) {
            topicAliases.put(alias.get().intValue(), packet.topic());
            return packet;
        }
        String topic = topicAliases.get(alias.get().intValue());
        if (topic == null) {
            throw new MalformedPacketError("topic alias " + alias.get() + " without a topic");
        }
        aliasesUsed++;
        return new Packet(
                packet.type(),
                packet.flags(),
                packet.packetId(),
                packet.reasonCodes(),
                packet.sessionPresent(),
                topic,
                packet.payload(),
                packet.properties());
    }

    /** The next byte, or -1 at the end; a reset by the server is an end too. */
    private int nextByte() throws IOException {
        if (position == limit) {
            try {
                limit = connection.read(buffer);
                position = 0;
            } catch (SocketException e) {
                limit = -1;
            }
            if (limit < 0) {
                position = 0;
                limit = 0;
                return -1;
            }
        }
        return buffer[position++] & 0xff;
    }
}
