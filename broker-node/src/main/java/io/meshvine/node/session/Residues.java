package io.meshvine.node.session;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.interest.TopicFilters;
import io.meshvine.mesh.wire.Position;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The {@link Residue}s of a node, found by topic. They are in a directory of their own, which only publishes of peers are
 * matched with. Confined to the bridge loop.
 */
public final class Residues {

    private final Sessions sessions;
    private final Duration retention;
    private final LongSupplier wallMillis;
    private final SubscriptionDirectory directory = new SubscriptionDirectory();
    private final Map<ClientSession, Residue> residues = new HashMap<>();
    private Consumer<List<Subscription>> unsubscriber = subscriptions -> {};

    /** @param retention how long peers keep what they accept for a node out of reach */
    public Residues(Sessions sessions, Duration retention, LongSupplier wallMillis) {
        this.sessions = sessions;
        this.retention = retention;
        this.wallMillis = wallMillis;
    }

    /** Takes who tells the mesh that subscriptions are over. Before the first residue. */
    public void onEnd(Consumer<List<Subscription>> one) {
        unsubscriber = one;
    }

    public boolean isEmpty() {
        return residues.isEmpty();
    }

    /**
     * Keeps the rest of a session, which is deleted here otherwise.
     *
     * @param through place in the journal up to which the other node has everything
     * @return null if there is no session that outlives its connections
     */
    public @Nullable Residue leave(String clientId, long through, NodeId home, Position interest, Set<NodeId> behind) {
        ClientSession session = sessions.get(clientId);
        SessionJournal journal = session == null ? null : session.journal();
        if (session == null || journal == null) {
            return null;
        }
        Residue residue = new Residue(
                this,
                session,
                journal,
                new Residue.Header(clientId, session.fence(), home, interest, wallMillis.getAsLong(), 0, 0, behind));
        sessions.leaveBehind(session, through, residue);
        residues.put(session, residue);
        return residue;
    }

    /** What an earlier life of the node left behind. */
    Residue restore(ClientSession session, SessionJournal journal, Residue.Header header, List<Subscription> wanted) {
        Residue residue = new Residue(this, session, journal, header);
        residues.put(session, residue);
        wanted.stream()
                .filter(subscription -> !TopicFilters.isShared(subscription.filter()))
                .forEach(subscription -> directory.add(session, subscription));
        return residue;
    }

    /** Subscribes what is left of a session. */
    public void subscribe(ClientSession session, Subscription subscription) {
        directory.add(session, subscription);
    }

    void end(Residue residue) {
        ClientSession session = residue.session();
        if (residues.remove(session) == null) {
            return;
        }
        unsubscriber.accept(directory.removeAll(session));
        JournalBatch batch = batch();
        sessions.restEnded(session, batch);
        batch.commit();
    }

    /**
     * Who takes a message of a peer on that topic, less the clients that get it at this node anyway. Of a client that was
     * here several times it is the last residue.
     */
    public List<Match> match(NodeId origin, String topic, List<Match> clientsHere) {
        Map<String, Match> found = new LinkedHashMap<>();
        for (Match match : directory.match(topic).clients()) {
            Residue residue = residues.get(match.session());
            String clientId = match.session().clientId();
            boolean served = clientsHere.stream()
                    .anyMatch(here -> here.session().clientId().equals(clientId));
            if (residue != null && residue.takesFrom(origin) && !served) {
                found.merge(clientId, match, this::later);
            }
        }
        return List.copyOf(found.values());
    }

    private Match later(Match one, Match other) {
        return one.session().fence() > other.session().fence() ? one : other;
    }

    boolean isExpired(long leftAtMillis) {
        return wallMillis.getAsLong() - leftAtMillis > retention.toMillis();
    }

    RecordStore store() {
        return sessions.journal().store();
    }

    JournalBatch batch() {
        return sessions.journal().batch();
    }
}
