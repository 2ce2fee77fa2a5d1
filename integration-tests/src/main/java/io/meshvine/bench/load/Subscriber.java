package io.meshvine.bench.load;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** Receiving client: checks every message against its publisher's sequence and acknowledges. Confined to the load loop. */
final class Subscriber extends MqttConnection {
    private final @Nullable SequenceTrack[] tracks;
    private final Runnable progressed;
    private final LatencyWindow latency;
    private long received;
    private long strangers;

    /**
     * @param durable whether the session outlives the connection
     * @param publishers how many publishers the run has: size of the table of tracks
     * @param progressed runs after each read that brought messages
     */
    Subscriber(
            Protocol protocol,
            String clientId,
            boolean durable,
            int publishers,
            LatencyWindow latency,
            Runnable progressed) {
        super(protocol, clientId, LoadRun.KEEP_ALIVE_SECONDS, durable);
        this.tracks = new SequenceTrack[publishers];
        this.latency = latency;
        this.progressed = progressed;
    }

    /** The record of this subscriber about a publisher; the first call says that its messages are expected here. */
    SequenceTrack expect(int publisher) {
        SequenceTrack track = tracks[publisher];
        if (track == null) {
            track = new SequenceTrack();
            tracks[publisher] = track;
        }
        return track;
    }

    /** All PUBLISH packets that arrived, repeats included. */
    long received() {
        return received;
    }

    /** Messages that nobody meant for this subscriber. */
    long strangers() {
        return strangers;
    }

    @Override
    void onPublish(ByteBuf packet, int firstByte, int index, int length) {
        int qos = firstByte >>> 1 & 3;
        int at = index + 2 + packet.getUnsignedShort(index);
        int packetId = 0;
        if (qos > 0) {
            packetId = packet.getUnsignedShort(at);
            at += 2;
        }
        if (protocol() == Protocol.V5) {
            int propertyBytes = packet.getByte(at);
            if (propertyBytes == 0) {
                at++;
            } else {
                ByteBuf properties = packet.slice(at, index + length - at);
                int bytes = readVarInt(properties);
                at += properties.readerIndex() + bytes;
            }
        }
        received++;
        count(packet, at, index + length - at);
        if (qos == 1) {
            Packets.writeAck(out(), Packets.PUBACK, packetId);
        } else if (qos == 2) {
            Packets.writeAck(out(), Packets.PUBREC, packetId);
        }
    }

    private void count(ByteBuf packet, int payload, int payloadBytes) {
        if (payloadBytes < PublishTemplate.STAMP_BYTES || packet.getInt(payload) != PublishTemplate.MARK) {
            strangers++;
            return;
        }
        int publisher = packet.getInt(payload + PublishTemplate.PUBLISHER_OFFSET);
        SequenceTrack track = publisher >= 0 && publisher < tracks.length ? tracks[publisher] : null;
        if (track == null) {
            strangers++;
            return;
        }
        track.arrived(packet.getLong(payload + PublishTemplate.SEQUENCE_OFFSET));
        latency.record(packet.getLong(payload + PublishTemplate.INTENDED_OFFSET));
    }

    @Override
    void onAck(int type, int packetId, int reason) {
        if (type == Packets.PUBREL) {
            Packets.writeAck(out(), Packets.PUBCOMP, packetId);
        }
    }

    @Override
    void onReadComplete() {
        progressed.run();
    }
}
