package io.meshvine.node.routing;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.LocalBroker;
import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.Slices;
import io.meshvine.mesh.WriteUnit;
import io.meshvine.mesh.group.GroupLedger;
import io.meshvine.node.session.Journal;
import io.meshvine.node.session.JournalBatch;
import io.meshvine.node.session.Match;
import io.meshvine.node.session.Message;
import io.meshvine.node.session.Residues;
import io.meshvine.node.session.SlowSessions;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The far end of the mesh: gives what peers forward to this node's sessions, and to nobody else, unless it is for members
 * of shared subscriptions of whom none is left here. Bridge loop only.
 */
public final class MeshLocalBroker implements LocalBroker {

    private static final Logger LOG = LoggerFactory.getLogger(MeshLocalBroker.class);

    /** The publish of an arrival itself; those behind it are counted from 0. */
    private static final int FIRST = -1;

    private final RouteTable routes;
    private final LocalDelivery local;
    private final Residues residues;
    private final SharedDelivery shared;
    private final Tickets tickets;
    private final MeshPublishes publishes;
    private final Journal journal;
    private final SlowSessions slow = new SlowSessions();
    private final LongAdder malformed = new LongAdder();

    /** Tells origins that members here are done with what they gave them. */
    @FunctionalInterface
    public interface Tickets {

        /** A member acknowledged it, or it was dropped and counted, or another node has it. Any thread. */
        void done(NodeId origin, long ticket);
    }

    /**
     * @param residues what is left here of sessions that moved
     * @param journal where durable sessions are kept
     */
    public MeshLocalBroker(
            RouteTable routes,
            LocalDelivery local,
            Residues residues,
            SharedDelivery shared,
            Tickets tickets,
            MeshPublishes publishes,
            Journal journal) {
        this.routes = routes;
        this.local = local;
        this.residues = residues;
        this.shared = shared;
        this.tickets = tickets;
        this.publishes = publishes;
        this.journal = journal;
    }

    /** Publishes of peers that could not be read, dropped. */
    public long malformed() {
        return malformed.sum();
    }

    @Override
    public void deliver(NodeId origin, List<Arrival> batch, WriteUnit unit, Runnable accepted) {
        JournalBatch kept = JournalBatch.joining(journal, unit, slow);
        for (Arrival arrival : batch) {
            if (arrival.subscribers()) {
                Route route = routes.route(arrival.publish().topic());
                deliverOrdinary(origin, arrival, route, kept);
            }
            if (!arrival.groups().isEmpty()) {
                deliverShared(origin, arrival, kept);
            }
        }
        kept.commit();
        accepted.run();
    }

    private void onMalformed(NodeId origin, Arrival arrival, RuntimeException e) {
        malformed.increment();
        LOG.warn("dropped a publish of {} on {}", origin, arrival.publish().topic(), e);
    }

    @Override
    public boolean isCrowded() {
        return slow.any();
    }

    @Override
    public void giveUpWaiting() {
        slow.giveUp();
    }

    /** Those of QoS 0 go on as one. */
    private void deliverOrdinary(NodeId origin, Arrival arrival, Route route, JournalBatch kept) {
        int separate = arrival.publish().qos() == 0 ? 0 : arrival.further().count();
        for (int index = FIRST; index < separate; index++) {
            try {
                deliverOrdinary(origin, message(arrival, index), route, kept);
            } catch (RuntimeException e) {
                onMalformed(origin, arrival, e);
            }
        }
    }

    private Message message(Arrival arrival, int index) {
        MeshPublish publish = arrival.publish();
        Slices further = arrival.further();
        if (index != FIRST) {
            return publishes.message(publish, further, index);
        }
        Message first = publishes.message(publish);
        return publish.qos() > 0 || further.isEmpty() ? first : first.with(further);
    }

    private void deliverOrdinary(NodeId origin, Message message, Route route, JournalBatch kept) {
        try {
            List<Match> here = route.local().clients();
            local.deliverOrdinary(here, message, kept);
            if (message.qos() > 0 && !residues.isEmpty()) {
                local.deliverOrdinary(residues.match(origin, message.topic(), here), message, kept);
            }
        } finally {
            message.release();
        }
    }

    /** A message of its own: ordinary subscribers may have theirs for long after these are done. */
    private void deliverShared(NodeId origin, Arrival arrival, JournalBatch kept) {
        try {
            deliverToGroups(origin, arrival, kept);
        } catch (RuntimeException e) {
            onMalformed(origin, arrival, e);
        }
    }

    private void deliverToGroups(NodeId origin, Arrival arrival, JournalBatch kept) {
        long ticket = arrival.ticket();
        Runnable done = ticket == GroupLedger.NO_TICKET ? null : () -> tickets.done(origin, ticket);
        Message message;
        try {
            message = publishes.message(arrival.publish(), done);
        } catch (RuntimeException malformedBody) {
            if (done != null) {
                done.run(); // nobody else could read it either
            }
            throw malformedBody;
        }
        try {
            for (GroupKey group : arrival.groups()) {
                shared.arrived(group, message, kept);
            }
        } finally {
            message.release();
        }
    }
}
