package io.meshvine.mesh.link;

import io.meshvine.mesh.LocalBroker.Arrival;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.WriteUnit;
import io.meshvine.mesh.wire.Position;
import io.meshvine.mesh.wire.PublishBatch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What came from one peer: drops repeats, notices gaps, and knows up to where the local broker took over. It outlives
 * view changes and, by a durable watermark, both sides' lives, so that nothing is delivered twice. Confined to the bridge
 * loop.
 */
public final class Inbox {
    private final NodeId origin;
    private final RecordStore store;
    private final Executor loop;
    private final Runnable onAccepted;

    /** Batches that the local broker has not taken over yet, in order. */
    private final Deque<Handover> handovers = new ArrayDeque<>();

    /** Batches that it took over, until they are durable. */
    private final Deque<Handover> writing = new ArrayDeque<>();

    private Position received;
    private Position accepted;
    private boolean gap;

    /**
     * @param loop runs tasks on the bridge loop, from any thread
     * @param onAccepted called when {@link #accepted} grew
     */
    Inbox(NodeId origin, RecordStore store, Executor loop, Runnable onAccepted) {
        this.origin = origin;
        this.store = store;
        this.loop = loop;
        this.onAccepted = onAccepted;
        this.accepted = LinkRecords.watermark(store, origin);
        this.received = accepted;
    }

    /**
     * What of a frame is new.
     *
     * @param arrivals the publishes to deliver, in order
     * @param duplicates publishes that were here before
     * @param outOfOrder publishes that would have overtaken one that got lost, and are not repeated
     * @param handover to be run once the local broker took the arrivals over
     */
    public record Intake(List<Arrival> arrivals, int duplicates, int outOfOrder, Handover handover) {}

    /** Sorts a frame's publishes; {@code isRepeat} if the frame itself came before. */
    Intake take(PublishBatch batch, boolean isRepeat) {
        List<Arrival> arrivals = batch.arrivals();
        List<Arrival> fresh = new ArrayList<>(arrivals.size());
        // A retained publish of QoS 0 has a position, and others of its topic must not overtake it [MQTT-4.6.0-5].
        boolean isGap = batch.previous().isAfter(received);
        gap |= isGap;
        // Without space on the disk the peer keeps them, and is asked for them later.
        boolean isEarly = isGap || store.isFull();
        int duplicates = 0;
        int outOfOrder = 0;
        long sequence = batch.first();
        long before = lastReceived(batch.epoch());
        long last = before;
        for (int i = 0; i < arrivals.size(); i++) {
            boolean isNew;
            if (batch.sequenced().get(i)) {
                isNew = !isEarly && sequence > last;
                duplicates += sequence > last ? 0 : arrivals.get(i).count();
                last = isNew ? sequence : last;
                sequence++;
            } else {
                isNew = !isRepeat && !isEarly;
                duplicates += isRepeat ? arrivals.get(i).count() : 0;
                outOfOrder += isEarly && !isRepeat ? arrivals.get(i).count() : 0;
            }
            if (isNew) {
                fresh.add(arrivals.get(i));
            }
        }
        if (last > before) { // else nothing of this life arrived, and what an earlier one left may still come
            received = new Position(batch.epoch(), last);
        }
        Handover handover = new Handover(received);
        handovers.add(handover);
        return new Intake(fresh, duplicates, outOfOrder, handover);
    }

    /** The last number of a life that arrived; those of later lives come behind all of an earlier one. */
    private long lastReceived(long epoch) {
        return epoch == received.epoch() ? received.sequence() : epoch < received.epoch() ? Long.MAX_VALUE : 0;
    }

    /**
     * Takes note of how far the peer has sent.
     *
     * @return whether something is missing
     */
    boolean expect(Position sentThrough) {
        gap = sentThrough.isAfter(received) && !store.isFull();
        return gap;
    }

    /** Writes what was taken over, in order, and counts as accepted what is durable, in order. */
    private void advance() {
        Handover taken = handovers.peek();
        while (taken != null && taken.done) {
            handovers.remove();
            writing.add(taken);
            write(taken);
            taken = handovers.peek();
        }
        Position before = accepted;
        Handover first = writing.peek();
        while (first != null && first.durable) {
            writing.remove();
            accepted = Position.max(accepted, first.through);
            first = writing.peek();
        }
        if (accepted.isAfter(before)) {
            onAccepted.run();
        }
    }

    /** What durable sessions keep and how far the origin got become durable together, or not at all. */
    private void write(Handover handover) {
        WriteUnit unit = handover.unit;
        if (unit.isEmpty()) {
            handover.durable = true;
            return;
        }
        unit.put(Family.WATERMARKS, LinkRecords.watermarkKey(origin), LinkRecords.encodeWatermark(handover.through));
        unit.whenDurable(() -> loop.execute(() -> {
            handover.durable = true;
            advance();
        }));
        store.write(unit);
    }

    /** Whether a gap was noticed since last asked. */
    boolean takeGap() {
        boolean noticed = gap;
        gap = false;
        return noticed;
    }

    /** Everything up to here arrived. */
    Position received() {
        return received;
    }

    /** Everything up to here was taken over by the local broker, durably where that was needed. */
    Position accepted() {
        return accepted;
    }

    /** To be run, on any thread, once the local broker took over; later runs have no effect. */
    public final class Handover implements Runnable {
        private final Position through;
        private final WriteUnit unit = new WriteUnit();
        private final AtomicBoolean ran = new AtomicBoolean();
        private boolean done;
        private boolean durable;

        private Handover(Position through) {
            this.through = through;
        }

        /** Takes what durable sessions keep of the arrivals. */
        public WriteUnit unit() {
            return unit;
        }

        @Override
        public void run() {
            if (ran.compareAndSet(false, true)) {
                loop.execute(() -> {
                    done = true;
                    advance();
                });
            }
        }
    }
}
