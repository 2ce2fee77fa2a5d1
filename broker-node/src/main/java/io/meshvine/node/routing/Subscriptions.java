package io.meshvine.node.routing;

import io.meshvine.mesh.Interest;
import io.meshvine.mesh.interest.SharedFilter;
import io.meshvine.mesh.interest.TopicFilters;
import io.meshvine.mesh.retained.RetainedMap;
import io.meshvine.mesh.retained.RetainedMessage;
import io.meshvine.node.session.ClientSession;
import io.meshvine.node.session.Delivery;
import io.meshvine.node.session.Journal;
import io.meshvine.node.session.JournalBatch;
import io.meshvine.node.session.JournalUnit;
import io.meshvine.node.session.Message;
import io.meshvine.node.session.Origin;
import io.meshvine.node.session.PublishCodec;
import io.meshvine.node.session.ReadPermit;
import io.meshvine.node.session.Residues;
import io.meshvine.node.session.Subscription;
import io.meshvine.node.session.SubscriptionDirectory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Subscribes sessions: into the local directory, into the mesh's interest, and to what is retained already. Any thread;
 * calls for one session are serialised by its connection.
 */
public final class Subscriptions {

    /** Topics below this prefix stay on their node, and so does the wish for them. */
    private static final String NODE_LOCAL = "$SYS/";

    private static final int SEND_RETAINED_IF_NEW = 1;
    private static final int NEVER_SEND_RETAINED = 2;

    private final SubscriptionDirectory directory;
    private final MeshGate mesh;
    private final RetainedMap retained;
    private final RetainedMap nodeRetained;
    private final Journal journal;
    private final LongSupplier wallMillis;

    /**
     * @param retained retained messages of the mesh
     * @param nodeRetained retained messages of this node only ({@code $SYS/})
     * @param journal where durable sessions are kept
     */
    public Subscriptions(
            SubscriptionDirectory directory,
            MeshGate mesh,
            RetainedMap retained,
            RetainedMap nodeRetained,
            Journal journal,
            LongSupplier wallMillis) {
        this.directory = directory;
        this.mesh = mesh;
        this.retained = retained;
        this.nodeRetained = nodeRetained;
        this.journal = journal;
        this.wallMillis = wallMillis;
    }

    /**
     * Adds or replaces subscriptions, all valid and authorized.
     *
     * @param confirmed run, on any thread, once the connected peers know of them and they are kept, where the session
     *     is durable: the SUBACK may leave. Gets, for each subscription, whether the session had that filter before
     */
    public void subscribe(ClientSession session, List<Subscription> subscriptions, Consumer<List<Boolean>> confirmed) {
        List<Boolean> existed = new ArrayList<>(subscriptions.size());
        List<Interest> added = new ArrayList<>(subscriptions.size());
        List<Interest> replaced = new ArrayList<>();
        JournalBatch batch = journal.batch();
        for (Subscription subscription : subscriptions) {
            Subscription before = directory.add(session, subscription);
            session.keepSubscription(subscription, batch);
            existed.add(before != null);
            collect(subscription, session.isDurable(), added);
            if (before != null) {
                collect(before, session.isDurable(), replaced);
            }
        }
        Runnable known = () -> confirmed.accept(existed);
        JournalUnit kept = batch.commit();
        if (kept != null) {
            known = new Countdown(2, known);
            kept.whenDurable(known);
        }
        if (added.isEmpty()) {
            known.run();
            return;
        }
        // The new one first: in between, both are wanted, so no publish can fall into a gap.
        mesh.subscribe(added, known);
        if (!replaced.isEmpty()) {
            mesh.unsubscribe(replaced);
        }
    }

    /** Has a session get what its connection may read, and nothing else, from now on. */
    public void permit(ClientSession session, ReadPermit granted) {
        directory.permit(session, granted);
    }

    /** What clients may read has changed. */
    public void permissionsChanged() {
        directory.permissionsChanged();
    }

    /** Adds what a session was subscribed to in an earlier life of the node; returns what the mesh is to know of it. */
    public List<Interest> restore(ClientSession session, List<Subscription> subscriptions) {
        List<Interest> interests = new ArrayList<>(subscriptions.size());
        for (Subscription subscription : subscriptions) {
            directory.add(session, subscription);
            collect(subscription, true, interests);
        }
        return interests;
    }

    /** Queues the retained messages that a new subscription asks for (MQTT 5, 3.8.3.1; never for a shared one, 4.8.2). */
    public void replayRetained(ClientSession session, Subscription subscription, boolean existed) {
        if (subscription.retainHandling() == NEVER_SEND_RETAINED
                || (subscription.retainHandling() == SEND_RETAINED_IF_NEW && existed)
                || TopicFilters.isShared(subscription.filter())) {
            return;
        }
        JournalBatch batch = journal.batch();
        replay(retained, session, subscription, batch);
        replay(nodeRetained, session, subscription, batch);
        batch.commit();
    }

    /**
     * Ends subscriptions.
     *
     * @param confirmed run, on any thread, once that is kept where the session is durable: the UNSUBACK may leave. Gets,
     *     for each filter, whether the session had a subscription
     */
    public void unsubscribe(ClientSession session, List<String> filters, Consumer<List<Boolean>> confirmed) {
        List<Boolean> existed = new ArrayList<>(filters.size());
        List<Interest> removed = new ArrayList<>(filters.size());
        JournalBatch batch = journal.batch();
        for (String filter : filters) {
            Subscription before = session.subscriptions().get(filter);
            if (before != null && directory.remove(session, filter)) {
                session.forgetSubscription(filter, batch);
                collect(before, session.isDurable(), removed);
                existed.add(true);
            } else {
                existed.add(false);
            }
        }
        if (!removed.isEmpty()) {
            mesh.unsubscribe(removed);
        }
        JournalUnit kept = batch.commit();
        if (kept == null) {
            confirmed.accept(existed);
        } else {
            kept.whenDurable(() -> confirmed.accept(existed));
        }
    }

    /** A session ends with its connection from now on: the peers need keep nothing for it while this node is away. */
    public void sessionNotDurable(ClientSession session) {
        List<Interest> added = new ArrayList<>();
        List<Interest> removed = new ArrayList<>();
        for (Subscription subscription : session.subscriptions().values()) {
            collect(subscription, false, added);
            collect(subscription, true, removed);
        }
        if (!added.isEmpty()) {
            mesh.subscribe(added, () -> {});
            mesh.unsubscribe(removed);
        }
    }

    /**
     * A session lives on at another node, and only what nodes out of reach still send here is for its rest. The peers
     * go on sending what is for its ordinary subscriptions, until {@link #restEnded}; what comes for a shared one goes on to
     * another member, as ever.
     */
    public void leaveBehind(ClientSession session, Residues residues) {
        List<Interest> removed = new ArrayList<>();
        for (Subscription subscription : directory.removeAll(session)) {
            if (TopicFilters.isShared(subscription.filter())) {
                collect(subscription, true, removed);
            } else {
                residues.subscribe(session, subscription);
            }
        }
        if (!removed.isEmpty()) {
            mesh.unsubscribe(removed);
        }
    }

    /** What the mesh is to know of the rest of a session, left in an earlier life of the node. */
    public List<Interest> restOf(List<Subscription> subscriptions) {
        List<Interest> interests = new ArrayList<>(subscriptions.size());
        for (Subscription subscription : subscriptions) {
            if (!TopicFilters.isShared(subscription.filter())) {
                collect(subscription, true, interests);
            }
        }
        return interests;
    }

    /** Nothing is for the rest of a session any more. */
    public void restEnded(List<Subscription> subscriptions) {
        List<Interest> removed = restOf(subscriptions);
        if (!removed.isEmpty()) {
            mesh.unsubscribe(removed);
        }
    }

    /** Ends all subscriptions of a session that is no more. */
    public void sessionEnded(ClientSession session) {
        List<Interest> removed = new ArrayList<>();
        for (Subscription subscription : directory.removeAll(session)) {
            collect(subscription, session.isDurable(), removed);
        }
        if (!removed.isEmpty()) {
            mesh.unsubscribe(removed);
        }
    }

    private void replay(RetainedMap map, ClientSession session, Subscription subscription, JournalBatch batch) {
        map.match(subscription.filter(), wallMillis.getAsLong(), found -> {
            deliver(found, session, subscription, batch);
            // A newer one may have been delivered while this one was read: the newest is always shown last.
            RetainedMessage newest = map.get(found.topic());
            if (newest != null && !newest.stamp().equals(found.stamp()) && !newest.tombstone()) {
                deliver(newest, session, subscription, batch);
            }
        });
    }

    private static void deliver(
            RetainedMessage retained, ClientSession session, Subscription subscription, JournalBatch batch) {
        if (!session.mayRead(retained.topic())) {
            return;
        }
        Message message = PublishCodec.decode(
                retained.topic(), retained.qos(), true, retained.body(), retained.expiresAtMillis(), Origin.RETAINED);
        try {
            int qos = Math.min(retained.qos(), subscription.qos());
            session.deliver(new Delivery(message, qos, true, identifiers(subscription)), batch);
        } finally {
            message.release();
        }
    }

    private static int[] identifiers(Subscription subscription) {
        return subscription.identifier() == Subscription.NO_IDENTIFIER
                ? Delivery.NO_IDS
                : new int[] {subscription.identifier()};
    }

    private static void collect(Subscription subscription, boolean durable, List<Interest> into) {
        SharedFilter shared = TopicFilters.parseShared(subscription.filter());
        String filter = shared == null ? subscription.filter() : shared.filter();
        if (!filter.startsWith(NODE_LOCAL)) {
            into.add(new Interest(
                    shared == null ? Interest.NO_GROUP : shared.group(), filter, subscription.qos(), durable));
        }
    }
}
