package io.meshvine.mesh;

import io.meshvine.mesh.LocalBroker.Arrival;
import io.meshvine.mesh.group.GroupLedger;
import io.meshvine.mesh.link.PeerLink;
import io.meshvine.mesh.link.Settlement;
import io.meshvine.mesh.wire.EncodedPublish;
import io.meshvine.mesh.wire.GuaranteedRun;
import io.meshvine.mesh.wire.PublishReader;
import io.meshvine.mesh.wire.PublishRun;
import io.meshvine.mesh.wire.Run;
import io.meshvine.mesh.wire.WireException;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives the publishes of this node's clients to the links, and tells their publishers when nothing is left to wait for.
 * The only way out of the bridge for publishes. Confined to the bridge loop.
 */
final class Forwarder {
    private static final Logger LOG = LoggerFactory.getLogger(Forwarder.class);

    private final EventLoop clock;
    private final RecordStore store;
    private final Membership membership;
    private final RetainedExchange exchange;
    private final InterestCheck interestCheck;
    private final MeshCounters counters;

    /** Of this node's own publishes, of any size. */
    private final PublishReader reader = new PublishReader(Integer.MAX_VALUE);

    private @Nullable GroupLedger ledger;

    Forwarder(
            EventLoop clock,
            RecordStore store,
            Membership membership,
            RetainedExchange exchange,
            InterestCheck interestCheck,
            MeshCounters counters) {
        this.clock = clock;
        this.store = store;
        this.membership = membership;
        this.exchange = exchange;
        this.interestCheck = interestCheck;
        this.counters = counters;
    }

    /** Has it kept what goes to members of shared subscriptions. */
    void track(GroupLedger newLedger) {
        ledger = newLedger;
    }

    /**
     * Forwards a publish.
     *
     * @param unit as in {@link MeshBridge#publish}: it takes a record for each target, so that the publisher waits for the
     *     unit and for nothing else
     */
    void forward(MeshPublish publish, List<MeshTarget> targets, @Nullable WriteUnit unit, Runnable settled) {
        EncodedPublish encoded = EncodedPublish.of(publish);
        int awaited = 0;
        for (MeshTarget target : targets) {
            awaited += isGuaranteed(publish, target) ? 1 : 0;
        }
        Settlement settlement = awaited == 0 || unit != null ? null : new Settlement(awaited, settled);
        long now = clock.nanoTime();
        for (MeshTarget target : targets) {
            forward(publish, encoded, target, unit, settlement, now);
        }
        if (publish.stamp() != null) {
            replicate(encoded, targets, now);
        }
        if (unit != null) {
            store.write(unit.whenDurable(settled));
        } else if (settlement == null) {
            Settlement.run(settled);
        }
    }

    /**
     * Hands on what members of shared subscriptions here cannot take.
     *
     * @param unit as in {@link #forward}, for all of them
     */
    void handOn(List<HandOn> all, @Nullable WriteUnit unit) {
        long now = clock.nanoTime();
        for (HandOn each : all) {
            MeshPublish publish = each.publish();
            boolean guaranteed = isGuaranteed(publish, each.target());
            Settlement settlement = guaranteed && unit == null ? new Settlement(1, each.settled()) : null;
            forward(publish, EncodedPublish.of(publish), each.target(), unit, settlement, now);
            if (unit != null) {
                unit.whenDurable(each.settled());
            } else if (settlement == null) {
                Settlement.run(each.settled());
            }
        }
        if (unit != null) {
            store.write(unit);
        }
    }

    /**
     * Forwards publishes to the peer of their run. They are taken apart only where the peer's interest changed meanwhile or it
     * takes no publish of that size.
     */
    void forward(Run run) {
        if (run instanceof GuaranteedRun guaranteed) {
            forward(guaranteed);
        } else if (run instanceof PublishRun plain) {
            forward(plain);
        }
    }

    private void forward(PublishRun run) {
        long now = clock.nanoTime();
        boolean fits = run.largest() <= membership.maxPublishBytes(run.peer());
        if (!fits || !interestCheck.isCurrent(run.interestVersion())) {
            forwardSingly(run, now);
            return;
        }
        PeerLink link = membership.link(run.peer());
        if (link == null) {
            counters.countDropped(DropReason.UNKNOWN_PEER, run.publishes());
        } else {
            counters.countForwarded(0, run.publishes());
            link.sendUnsequenced(run, EncodedPublish.flagsOfRun(), null, now);
        }
    }

    private void forward(GuaranteedRun run) {
        long now = clock.nanoTime();
        PeerLink link = membership.link(run.peer());
        boolean fits = run.largest() <= membership.maxPublishBytes(run.peer());
        if (link == null || !fits || !interestCheck.isCurrent(run.interestVersion())) {
            forwardSingly(run, now);
            return;
        }
        counters.countForwarded(run.qos(), run.publishes());
        link.sendGuaranteed(run, run.flags(), null, null, new Settlement(1, () -> settle(run)), now);
    }

    /** As one task: each settlement touches what belongs to the publisher's thread. */
    private static void settle(GuaranteedRun run) {
        try {
            run.publisher().execute(() -> run.settled().forEach(Settlement::run));
        } catch (RejectedExecutionException over) {
            LOG.debug("who published on {} is gone", run.topic(), over);
        }
    }

    private void forwardSingly(GuaranteedRun run, long nowNanos) {
        MeshTarget target = new MeshTarget(run.peer(), true, run.qos(), List.of());
        try {
            Iterator<Runnable> settled = run.settled().iterator();
            for (Arrival arrival : run.unpack(reader, nowNanos)) {
                for (Arrival each : arrival.each()) {
                    MeshPublish publish = each.publish();
                    Settlement settlement = new Settlement(1, settled.next());
                    forward(publish, EncodedPublish.of(publish), target, null, settlement, nowNanos);
                }
            }
        } catch (WireException impossible) {
            throw new IllegalStateException("a run of this node's own", impossible);
        }
    }

    private void forwardSingly(PublishRun run, long nowNanos) {
        MeshTarget target = new MeshTarget(run.peer(), true, 0, List.of());
        try {
            for (Arrival arrival : run.unpack(reader, nowNanos)) {
                for (Arrival each : arrival.each()) {
                    MeshPublish publish = each.publish();
                    forward(publish, EncodedPublish.of(publish), target, null, null, nowNanos);
                }
            }
        } catch (WireException impossible) {
            throw new IllegalStateException("a run of this node's own", impossible);
        }
    }

    private static boolean isGuaranteed(MeshPublish publish, MeshTarget target) {
        return Math.min(publish.qos(), target.qos()) > 0;
    }

    private void forward(
            MeshPublish publish,
            EncodedPublish encoded,
            MeshTarget target,
            @Nullable WriteUnit unit,
            @Nullable Settlement settlement,
            long nowNanos) {
        boolean guaranteed = isGuaranteed(publish, target);
        PeerLink link = membership.link(target.peer());
        if (link == null || encoded.size() > membership.maxPublishBytes(target.peer())) {
            counters.countDropped(link == null ? DropReason.UNKNOWN_PEER : DropReason.TOO_LARGE, 1);
            if (guaranteed && settlement != null) {
                settlement.settleOne();
            }
            return;
        }
        counters.countForwarded(Math.min(publish.qos(), target.qos()), 1);
        if (link.isConnected() && !interestCheck.wants(target, publish.topic())) {
            counters.countSentWithoutInterest();
        }
        long ticket = guaranteed ? ticket(publish, target) : GroupLedger.NO_TICKET;
        byte[] groups = EncodedPublish.encodeGroups(target.groups(), ticket);
        // Retained state is repeated until it arrived, whatever its QoS.
        boolean sequenced = guaranteed || publish.stamp() != null;
        int plain = encoded.flags(sequenced, target.subscribers(), groups != null);
        int flags = ticket == GroupLedger.NO_TICKET ? plain : EncodedPublish.withTicket(plain);
        if (guaranteed) {
            link.sendGuaranteed(encoded, flags, groups, unit, settlement, nowNanos);
        } else if (!sequenced) {
            link.sendUnsequenced(encoded, flags, groups, nowNanos);
        } else if (!link.sendRepeated(encoded, flags, groups, nowNanos)) {
            counters.countDropped(link.isPresent() ? DropReason.PEER_SLOW : DropReason.PEER_ABSENT, 1);
            exchange.onLeftOut(link);
        }
    }

    /** What goes to one member of a group is kept until that member has acknowledged it. */
    private long ticket(MeshPublish publish, MeshTarget target) {
        GroupLedger kept = ledger;
        return kept == null || target.groups().isEmpty()
                ? GroupLedger.NO_TICKET
                : kept.open(target.peer(), publish, target.groups());
    }

    /** Retained state for the peers whose subscribers do not ask for it. */
    private void replicate(EncodedPublish encoded, List<MeshTarget> targets, long nowNanos) {
        int flags = encoded.flags(true, false, false);
        for (PeerLink link : membership.links()) {
            if (!link.isConnected() || isTarget(targets, link.peer())) {
                continue; // who is absent finds out by digest
            }
            boolean fits = encoded.size() <= membership.maxPublishBytes(link.peer());
            if (!fits || !link.sendRepeated(encoded, flags, null, nowNanos)) {
                exchange.onLeftOut(link);
            }
        }
    }

    private static boolean isTarget(List<MeshTarget> targets, NodeId peer) {
        for (MeshTarget target : targets) {
            if (target.peer().equals(peer)) {
                return true;
            }
        }
        return false;
    }
}
