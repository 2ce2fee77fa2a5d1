package io.meshvine.mesh.link;

import io.meshvine.mesh.LocalBroker.Arrival;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.WriteUnit;
import io.meshvine.mesh.wire.PublishBatch;
import io.meshvine.mesh.wire.WireFormat;
import io.meshvine.mesh.wire.WireWriter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What came from one life of a peer: drops repeats, notices gaps, and knows up to where the local broker took over.
 * It outlives view changes, so that nothing is delivered twice. Confined to the bridge loop.
 */
public final class Inbox {
    private final NodeId origin;
    private final long epoch;
    private final RecordStore store;
    private final Executor loop;
    private final Runnable onAccepted;
    private final Deque<Handover> handovers = new ArrayDeque<>();
    private long received;
    private long accepted;
    private boolean gap;

    /**
     * @param loop runs tasks on the bridge loop, from any thread
     * @param onAccepted called when {@link #accepted} grew
     */
    Inbox(NodeId origin, long epoch, RecordStore store, Executor loop, Runnable onAccepted) {
        this.origin = origin;
        this.epoch = epoch;
        this.store = store;
        this.loop = loop;
        this.onAccepted = onAccepted;
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
        skipTo(batch.base());
        List<Arrival> arrivals = batch.arrivals();
        List<Arrival> fresh = new ArrayList<>(arrivals.size());
        int duplicates = 0;
        int outOfOrder = 0;
        long sequence = batch.first();
        for (int i = 0; i < arrivals.size(); i++) {
            boolean isNew;
            if (batch.sequenced().get(i)) {
                isNew = sequence == received + 1;
                if (isNew) {
                    received = sequence;
                } else if (sequence <= received) {
                    duplicates++;
                } else {
                    gap = true;
                }
                sequence++;
            } else {
                // A retained publish of QoS 0 is sequenced, and others of its topic must not overtake it
                // [MQTT-4.6.0-5].
                boolean isEarly = sequence > received + 1;
                gap |= isEarly;
                isNew = !isRepeat && !isEarly;
                duplicates += isRepeat ? 1 : 0;
                outOfOrder += isEarly && !isRepeat ? 1 : 0;
            }
            if (isNew) {
                fresh.add(arrivals.get(i));
            }
        }
        Handover handover = new Handover(received);
        handovers.add(handover);
        return new Intake(fresh, duplicates, outOfOrder, handover);
    }

    /**
     * Takes note of how far the peer has sent.
     *
     * @return whether something is missing
     */
    boolean expect(long base, long sentThrough) {
        skipTo(base);
        gap = received < sentThrough;
        return gap;
    }

    /** The peer has nothing below this sequence number any more: an earlier life of this node had it. */
    private void skipTo(long base) {
        if (received < base - 1) {
            received = base - 1;
            Handover nothing = new Handover(received);
            nothing.done = true;
            handovers.add(nothing);
            advance();
        }
    }

    private void advance() {
        long before = accepted;
        Handover first = handovers.peek();
        while (first != null && first.done) {
            if (!first.written) {
                write(first);
            }
            if (!first.durable) {
                break;
            }
            handovers.remove();
            accepted = Math.max(accepted, first.through);
            first = handovers.peek();
        }
        if (accepted > before) {
            onAccepted.run();
        }
    }

    /** What durable sessions keep and how far the origin got become durable together, or not at all. */
    private void write(Handover handover) {
        handover.written = true;
        WriteUnit unit = handover.unit;
        if (unit.isEmpty()) {
            handover.durable = true;
            return;
        }
        byte[] watermark = new WireWriter(1 + 2 * WireWriter.MAX_VAR_LONG_BYTES)
                .writeByte(WireFormat.VERSION)
                .writeVarLong(epoch)
                .writeVarLong(handover.through)
                .toByteArray();
        unit.put(Family.WATERMARKS, LinkRecords.watermarkKey(origin), watermark);
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

    long epoch() {
        return epoch;
    }

    /** Everything up to here arrived. */
    long received() {
        return received;
    }

    /** Everything up to here was taken over by the local broker. */
    long accepted() {
        return accepted;
    }

    /** To be run, on any thread, once the local broker took over; later runs have no effect. */
    public final class Handover implements Runnable {
        private final long through;
        private final WriteUnit unit = new WriteUnit();
        private final AtomicBoolean ran = new AtomicBoolean();
        private boolean done;
        private boolean written;
        private boolean durable;

        private Handover(long through) {
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
