package io.meshvine.fault.ledger;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * Who sent what, who was promised it, who got it. Every receiver subscribes to every stream. Confined to the client
 * loop; the clock is the caller's, in milliseconds from 1 on.
 */
public final class Ledger {
    /** How many are kept in detail; all are counted. */
    private static final int MAX_DETAILS = 100;

    private final List<Repeat> repeats = new ArrayList<>();
    private final List<Overtaken> overtaken = new ArrayList<>();
    private final List<Stream> streams = new ArrayList<>();
    private final List<Receiver> receivers = new ArrayList<>();
    private final List<Stream> retained = new ArrayList<>();
    private final Separations separations = new Separations();
    private final Availability availability;
    private final List<Delays> delays = new ArrayList<>();
    private final int nodes;
    private long lostSessions;
    private long strangers;

    public Ledger(int nodes) {
        this.nodes = nodes;
        this.availability = new Availability(nodes);
        for (int node = 0; node < nodes; node++) {
            delays.add(new Delays());
        }
    }

    /** A new stream of a publisher at a node. */
    public Stream stream(String topic, int qos, int node) {
        Stream stream = new Stream(streams.size(), topic, qos, node);
        streams.add(stream);
        return stream;
    }

    /** A new stream of retained messages, which receivers do not subscribe to. Several may share a topic. */
    public Stream retainedStream(String topic, int node) {
        Stream stream = new Stream(-1 - retained.size(), topic, 1, node);
        retained.add(stream);
        return stream;
    }

    /** How many retained messages are wrong at some node, given what each node answered to a new subscriber. */
    public int wrongRetained(List<RetainedView> views) {
        return RetainedView.wrong(retained, views);
    }

    /** A new subscriber at a node, with that QoS granted for everything. */
    public Receiver receiver(String name, boolean durable, int qos, int node) {
        Receiver receiver = new Receiver(name, durable, qos, node);
        receivers.add(receiver);
        return receiver;
    }

    public Separations separations() {
        return separations;
    }

    /** From now until {@link #endWatch} nodes have to serve their own clients. */
    public void beginWatch(int nowMillis) {
        availability.begin(nowMillis);
    }

    public void endWatch(int nowMillis) {
        availability.end(nowMillis);
    }

    /** A publisher has an acknowledgement. */
    public void acknowledged(Stream stream, int sequence, int nowMillis) {
        stream.acknowledge(sequence, nowMillis);
        availability.acknowledged(stream.node(), nowMillis);
    }

    /** A publisher's durable session was gone when it came back. */
    public void lostSession() {
        lostSessions++;
    }

    /** A receiver's application has a message. */
    public void received(Receiver receiver, int streamId, int sequence, int nowMillis) {
        if (streamId < 0
                || streamId >= streams.size()
                || sequence > streams.get(streamId).last()) {
            strangers++;
            return;
        }
        Stream stream = streams.get(streamId);
        int lateBefore = receiver.of(stream).reordered();
        Arrivals.Kind kind = receiver.receive(stream, sequence, nowMillis);
        if (receiver.of(stream).reordered() > lateBefore && overtaken.size() < MAX_DETAILS) {
            overtaken.add(new Overtaken(
                    receiver.name(),
                    receiver.node(),
                    stream.topic(),
                    sequence,
                    stream.sentMillis(sequence),
                    nowMillis));
        }
        if (kind == Arrivals.Kind.REPEAT) {
            repeated(receiver, stream, sequence, nowMillis);
        } else if (kind == Arrivals.Kind.FIRST && stream.qos() > 0) {
            delays.get(receiver.node()).add(nowMillis - stream.sentMillis(sequence));
            if (stream.node() == receiver.node()) {
                availability.arrived(stream.node(), nowMillis);
            }
        }
    }

    private void repeated(Receiver receiver, Stream stream, int sequence, int nowMillis) {
        if (receiver.effectiveQos(stream) == 2 && repeats.size() < MAX_DETAILS) {
            repeats.add(new Repeat(
                    receiver.name(),
                    receiver.node(),
                    stream.topic(),
                    stream.node(),
                    sequence,
                    receiver.of(stream).firstMillis(sequence),
                    nowMillis));
        }
    }

    /** From now on delays are measured anew. */
    public void resetDelays() {
        delays.replaceAll(old -> new Delays());
    }

    /** How long messages took to subscribers of a node since the last reset, 99 of 100. */
    public int p99Millis(int node) {
        return delays.get(node).quantile(0.99);
    }

    /** How many promised and acknowledged messages have not arrived yet, over all receivers. */
    public long outstanding() {
        return losses().stream().mapToLong(Loss::count).sum();
    }

    private List<Loss> losses() {
        List<Loss> losses = new ArrayList<>();
        for (Receiver receiver : receivers) {
            for (Stream stream : streams) {
                if (receiver.effectiveQos(stream) > 0) {
                    collect(receiver, stream, losses);
                }
            }
        }
        return losses;
    }

    private void collect(Receiver receiver, Stream stream, List<Loss> losses) {
        int first = 0;
        for (int sequence = 1; sequence <= stream.last() + 1; sequence++) {
            boolean lost = sequence <= stream.last() && isLost(receiver, stream, sequence);
            if (lost && first == 0) {
                first = sequence;
            } else if (!lost && first != 0) {
                losses.add(new Loss(
                        receiver.name(),
                        receiver.node(),
                        stream.topic(),
                        stream.node(),
                        first,
                        sequence - 1,
                        stream.sentMillis(first),
                        stream.acknowledgedMillis(first)));
                first = 0;
            }
        }
    }

    private boolean isLost(Receiver receiver, Stream stream, int sequence) {
        return stream.isAcknowledged(sequence)
                && !receiver.of(stream).has(sequence)
                && receiver.isPromised(stream, sequence, separations);
    }

    /** The sums as they are now. */
    public LedgerReport report() {
        List<Loss> losses = losses();
        long[] duplicates = new long[3];
        long inNewSessions = 0;
        long reordered = 0;
        long missedQos0 = 0;
        for (Receiver receiver : receivers) {
            for (Stream stream : streams) {
                Arrivals arrivals = receiver.of(stream);
                duplicates[receiver.effectiveQos(stream)] += arrivals.duplicates();
                inNewSessions += arrivals.inNewSession();
                reordered += arrivals.reordered();
                missedQos0 += stream.qos() == 0 ? missed(receiver, stream, arrivals) : 0;
            }
        }
        List<Integer> unavailable = new ArrayList<>();
        for (int node = 0; node < nodes; node++) {
            unavailable.add(availability.longestMillis(node));
        }
        return new LedgerReport(
                sum(Stream::last),
                sum(Stream::acknowledged),
                sum(Stream::refused),
                losses.stream().mapToLong(Loss::count).sum(),
                missedQos0,
                List.of(duplicates[0], duplicates[1], duplicates[2]),
                inNewSessions,
                reordered,
                lostSessions
                        + receivers.stream().mapToLong(Receiver::lostSessions).sum(),
                strangers,
                losses,
                repeats,
                overtaken,
                unavailable);
    }

    private long missed(Receiver receiver, Stream stream, Arrivals arrivals) {
        long missed = 0;
        for (int sequence = 1; sequence <= stream.last(); sequence++) {
            missed += !arrivals.has(sequence) && receiver.isPromised(stream, sequence, separations) ? 1 : 0;
        }
        return missed;
    }

    private long sum(ToIntFunction<Stream> count) {
        return streams.stream()
                .filter(stream -> stream.qos() > 0)
                .mapToLong(stream -> count.applyAsInt(stream))
                .sum();
    }
}
