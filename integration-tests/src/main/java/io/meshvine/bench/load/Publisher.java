package io.meshvine.bench.load;

import java.util.BitSet;
import java.util.List;

/**
 * Sending client. Closed loop: at most {@code window} messages ahead of its slowest subscriber and, at QoS 1 and 2, at most {@code inFlight} (and
 * the broker's Receive Maximum) unacknowledged. Open loop: sends when told to. Confined to the load loop.
 */
final class Publisher extends MqttConnection {
    private static final long STALLED_AFTER_NANOS = 2_000_000_000L;

    private final PublishTemplate template;
    private final int qos;
    private final int window;
    private final int inFlight;
    private final List<SequenceTrack> receivers;
    private final BitSet unacknowledged = new BitSet(MAX_PACKET_ID + 1);
    private final long[] intended;
    private final LatencyWindow ackLatency;
    private int packetId;
    private long sent;
    private long acknowledged;
    private long refused;
    private long unknownAcks;
    private long stalls;
    private long lastProgressNanos = System.nanoTime();
    private long lastProgress = -1;
    private boolean running;

    /** @param receivers the records about this publisher at each of its subscribers */
    Publisher(
            Protocol protocol,
            String clientId,
            PublishTemplate template,
            int qos,
            int window,
            int inFlight,
            List<SequenceTrack> receivers,
            LatencyWindow ackLatency) {
        super(protocol, clientId, LoadRun.KEEP_ALIVE_SECONDS);
        this.template = template;
        this.qos = qos;
        this.window = window;
        this.inFlight = inFlight;
        this.receivers = receivers;
        this.ackLatency = ackLatency;
        this.intended = new long[qos > 0 ? MAX_PACKET_ID + 1 : 0];
    }

    void start() {
        running = true;
        lastProgressNanos = System.nanoTime();
        pump();
    }

    void stop() {
        running = false;
    }

    /** Closed loop: sends what the windows allow. */
    void pump() {
        if (!running || window == 0 || !isWritable()) {
            return;
        }
        long limit = slowest() + window;
        if (qos > 0) {
            limit = Math.min(limit, acknowledged + Math.min(inFlight, receiveMaximum()));
        }
        if (sent >= limit) {
            return;
        }
        long now = System.nanoTime();
        while (sent < limit && isOpen()) {
            append(now);
        }
        flushOut();
    }

    /** Open loop: one message that should have left at the given time. The caller flushes. */
    void append(long intendedNanos) {
        if (qos > 0) {
            packetId = unacknowledged.nextClearBit(packetId + 1);
            if (packetId > MAX_PACKET_ID) {
                packetId = unacknowledged.nextClearBit(1);
            }
            unacknowledged.set(packetId);
            intended[packetId] = intendedNanos;
        }
        sent++;
        template.write(out(), packetId, sent, intendedNanos);
    }

    /** Gives messages up that did not arrive in time, so that the run goes on; they stay counted as lost. */
    void checkStall(long now) {
        long progress = slowest() + acknowledged;
        if (progress != lastProgress || sent == 0) {
            lastProgress = progress;
            lastProgressNanos = now;
        } else if (running && window > 0 && now - lastProgressNanos > STALLED_AFTER_NANOS) {
            stalls++;
            lastProgressNanos = now;
            for (SequenceTrack receiver : receivers) {
                receiver.forgive(sent);
            }
            pump();
        }
    }

    private long slowest() {
        long slowest = Long.MAX_VALUE;
        for (int i = 0; i < receivers.size(); i++) {
            slowest = Math.min(slowest, receivers.get(i).progress());
        }
        return slowest;
    }

    @Override
    void onAck(int type, int id, int reason) {
        if (!unacknowledged.get(id)) {
            unknownAcks++;
            return;
        }
        // 0x10 = no matching subscribers: a success, MQTT 5 3.4.2.1.
        if (reason >= 0x80) {
            refused++;
        } else if (type == Packets.PUBREC) {
            Packets.writeAck(out(), Packets.PUBREL, id);
            return;
        }
        unacknowledged.clear(id);
        acknowledged++;
        ackLatency.record(intended[id]);
    }

    @Override
    void onReadComplete() {
        flushOut();
        pump();
    }

    @Override
    void onWritable() {
        pump();
    }

    long sent() {
        return sent;
    }

    /** The records about this publisher, one for each of its subscribers. */
    List<SequenceTrack> receivers() {
        return receivers;
    }

    /** Messages of QoS 1 and 2 whose handshake has not ended. */
    long missingAcks() {
        return qos > 0 ? sent - acknowledged : 0;
    }

    /** Messages refused with a reason code of 0x80 or more. */
    long refused() {
        return refused;
    }

    /** Acknowledgements of packet ids that are not in flight. */
    long unknownAcks() {
        return unknownAcks;
    }

    /** How often the broker lost so much that the window closed and had to be forced open. */
    long stalls() {
        return stalls;
    }
}
