package io.meshvine.mesh.sim;

import io.meshvine.mesh.EventLoop;
import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is on its way from one member to another: in order, unless a change of the set of members disturbs it. */
final class SimChannel {
    private final SimNetwork network;
    private final SimTransport from;
    private final SimTransport to;
    private final Set<Frame> inFlight = new LinkedHashSet<>();
    private long bytes;
    private long lastDeliveryNanos;
    private boolean refused;

    SimChannel(SimNetwork network, SimTransport from, SimTransport to) {
        this.network = network;
        this.from = from;
        this.to = to;
    }

    private static final class Frame {
        private final byte[] content;
        private boolean stray;
        private EventLoop.@Nullable Scheduled delivery;

        Frame(byte[] content) {
            this.content = content;
        }
    }

    boolean send(ByteBuffer buffer) {
        if (bytes > 0 && bytes + buffer.remaining() > network.plan().sendQueueBytes()) {
            refused = true;
            return false;
        }
        byte[] content = new byte[buffer.remaining()];
        buffer.duplicate().get(content);
        Frame frame = new Frame(content);
        inFlight.add(frame);
        bytes += content.length;
        if (network.isOpen(from, to)) {
            deliverInOrder(frame);
        }
        return true;
    }

    private void deliverInOrder(Frame frame) {
        long now = network.scheduler().nowNanos();
        lastDeliveryNanos = Math.max(lastDeliveryNanos, now + network.delayNanos(from, to))
                + network.transmissionNanos(from, to, frame.content.length);
        deliverAt(frame, lastDeliveryNanos);
    }

    private void deliverAt(Frame frame, long atNanos) {
        if (frame.delivery != null) {
            frame.delivery.cancel();
        }
        frame.delivery = network.scheduler().at(atNanos, () -> deliver(frame));
    }

    private void deliver(Frame frame) {
        frame.delivery = null;
        if (!network.isOpen(from, to)) {
            if (frame.stray) {
                remove(frame);
            }
            return; // held until the way is open again
        }
        remove(frame);
        to.listener().onFrame(from.self(), ByteBuffer.wrap(frame.content));
    }

    private void remove(Frame frame) {
        if (inFlight.remove(frame)) {
            bytes -= frame.content.length;
        }
        if (refused && bytes <= network.plan().sendQueueBytes() / 2) {
            refused = false;
            if (from.up && from.view.contains(to.self())) {
                from.listener().onWritable(to.self());
            }
        }
    }

    /** The way is open again: what was held comes, and behind it what was not, in order. */
    void heal() {
        for (Frame frame : inFlight) {
            if (!frame.stray) {
                deliverInOrder(frame);
            }
        }
    }

    /** The view of one side changed: what is in flight may be lost, repeated or reordered. */
    void disturb() {
        FaultPlan plan = network.plan();
        for (Frame frame : List.copyOf(inFlight)) {
            if (network.percent(plan.lossPercent())) {
                network.struck(Fault.LOST_FRAME, from, to);
                if (frame.delivery != null) {
                    frame.delivery.cancel();
                }
                remove(frame);
                continue;
            }
            if (network.percent(plan.repeatPercent())) {
                network.struck(Fault.REPEATED_FRAME, from, to);
                Frame repeat = new Frame(frame.content);
                repeat.stray = true;
                deliverAt(repeat, network.someTimeSoon());
            }
            if (network.percent(plan.reorderPercent())) {
                network.struck(Fault.REORDERED_FRAME, from, to);
                frame.stray = true;
                deliverAt(frame, network.someTimeSoon());
            }
        }
    }

    /** The destination is no more. */
    void drop() {
        for (Frame frame : inFlight) {
            if (frame.delivery != null) {
                frame.delivery.cancel();
            }
        }
        inFlight.clear();
        bytes = 0;
        refused = false;
    }
}
