package io.meshvine.mesh.jgroups;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jgroups.Address;
import org.jgroups.Event;
import org.jgroups.PhysicalAddress;
import org.jgroups.ViewId;
import org.jgroups.conf.ClassConfigurator;
import org.jgroups.protocols.MERGE3;
import org.jgroups.protocols.PingData;
import org.jgroups.util.Util;
import org.jspecify.annotations.Nullable;

/**
 * MERGE3 that acts on what it sees instead of waiting for its next round: a coordinator looks for others shortly after
 * each view, and of coordinators that hear of each other the lowest has their views merged at once (a merge that meets
 * another one fails, so the rest leave it to the next round). Members that started at the same moment and missed each
 * other are one mesh within a second or two; the periodic rounds heal splits of the network.
 */
final class QuickMerge extends MERGE3 {

    private static final long MIN_INTERVAL_MILLIS = 1000;
    private static final long MAX_INTERVAL_MILLIS = 3000;

    /** After a view; what comes in quick succession is looked at once. */
    private static final long LOOK_AFTER_MILLIS = 300;

    /** After word of another view; the other members of that view are heard of within this time as well. */
    private static final long CHECK_AFTER_MILLIS = 200;

    private final AtomicBoolean looking = new AtomicBoolean();
    private final AtomicBoolean checking = new AtomicBoolean();

    QuickMerge() {
        setId(ClassConfigurator.getProtocolId(MERGE3.class));
        setMaxInterval(MAX_INTERVAL_MILLIS);
        setMinInterval(MIN_INTERVAL_MILLIS);
    }

    @Override
    public Object down(Event event) {
        Object answer = super.down(event);
        if (event.getType() == Event.VIEW_CHANGE && isCoord()) {
            later(looking, LOOK_AFTER_MILLIS + Util.random(LOOK_AFTER_MILLIS), this::sendInfo);
        }
        return answer;
    }

    @Override
    protected void addInfo(Address sender, ViewId viewId, String logicalName, @Nullable PhysicalAddress address) {
        super.addInfo(sender, viewId, logicalName, address);
        if (view == null || view.getViewId().equals(viewId)) {
            return;
        }
        Address other = viewId.getCreator();
        Address own = view.getViewId().getCreator();
        if (other.equals(own) || (isCoord() && local_addr.compareTo(other) < 0)) {
            // With the same coordinator one of us was left out; there is no second merge to meet.
            later(checking, CHECK_AFTER_MILLIS, this::checkInconsistencies);
        } else if (isCoord() && address != null) {
            // The lower one may not have heard of this view yet.
            sendInfoMessage(new PingData(sender, true, logicalName, address));
        }
    }

    private void later(AtomicBoolean pending, long millis, Runnable task) {
        if (!pending.compareAndSet(false, true)) {
            return;
        }
        var unused = timer.schedule(
                () -> {
                    pending.set(false);
                    if (cluster_name != null && view != null) {
                        task.run();
                    }
                },
                millis,
                TimeUnit.MILLISECONDS);
    }
}
