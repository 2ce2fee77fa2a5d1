package io.meshvine.node.routing;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.LocalBroker;
import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.WriteUnit;
import io.meshvine.node.session.Journal;
import io.meshvine.node.session.JournalBatch;
import io.meshvine.node.session.Matches;
import io.meshvine.node.session.Message;
import io.meshvine.node.session.Origin;
import io.meshvine.node.session.PublishCodec;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The far end of the mesh: gives what peers forward to this node's sessions, and to nobody else. Bridge loop only. */
public final class MeshLocalBroker implements LocalBroker {

    private static final Logger LOG = LoggerFactory.getLogger(MeshLocalBroker.class);

    private final RouteTable routes;
    private final LocalDelivery local;
    private final Journal journal;
    private final LongSupplier nanoTime;
    private final LongSupplier wallMillis;
    private final LongAdder malformed = new LongAdder();
    private final LongAdder withoutMember = new LongAdder();

    /** @param journal where durable sessions are kept */
    public MeshLocalBroker(
            RouteTable routes, LocalDelivery local, Journal journal, LongSupplier nanoTime, LongSupplier wallMillis) {
        this.routes = routes;
        this.local = local;
        this.journal = journal;
        this.nanoTime = nanoTime;
        this.wallMillis = wallMillis;
    }

    /** Publishes of peers that could not be read, dropped. */
    public long malformed() {
        return malformed.sum();
    }

    /** Publishes for a shared subscription whose last member here was gone when they came, dropped. */
    public long withoutMember() {
        return withoutMember.sum();
    }

    @Override
    public void deliver(NodeId origin, List<Arrival> batch, WriteUnit unit, Runnable accepted) {
        JournalBatch kept = JournalBatch.joining(journal, unit);
        for (Arrival arrival : batch) {
            try {
                deliver(arrival, kept);
            } catch (RuntimeException e) {
                malformed.increment();
                LOG.warn(
                        "dropped a publish of {} on {}",
                        origin,
                        arrival.publish().topic(),
                        e);
            }
        }
        kept.commit();
        accepted.run();
    }

    private void deliver(Arrival arrival, JournalBatch kept) {
        MeshPublish publish = arrival.publish();
        Message message = PublishCodec.decode(
                publish.topic(),
                publish.qos(),
                publish.retain(),
                publish.body(),
                expiresAtMillis(publish),
                Origin.PEER);
        try {
            Route route = routes.route(publish.topic());
            if (arrival.subscribers()) {
                local.deliverOrdinary(route.local().clients(), message, kept);
            }
            for (GroupKey group : arrival.groups()) {
                if (!deliverShared(route, group, message, kept)) {
                    withoutMember.increment();
                }
            }
        } finally {
            message.release();
        }
    }

    private boolean deliverShared(Route route, GroupKey group, Message message, JournalBatch kept) {
        for (Matches.Group here : route.local().groups()) {
            if (here.key().equals(group)) {
                return local.deliverToConnected(group, here.members(), message, kept)
                        || local.deliverToAway(group, here.members(), message, kept);
            }
        }
        return false;
    }

    private long expiresAtMillis(MeshPublish publish) {
        if (publish.expirySeconds() == MeshPublish.NEVER_EXPIRES) {
            return Message.NEVER;
        }
        long ageMillis = TimeUnit.NANOSECONDS.toMillis(nanoTime.getAsLong() - publish.acceptedNanos());
        return wallMillis.getAsLong() - ageMillis + TimeUnit.SECONDS.toMillis(publish.expirySeconds());
    }
}
