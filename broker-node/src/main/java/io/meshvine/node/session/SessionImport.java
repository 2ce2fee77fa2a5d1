package io.meshvine.node.session;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.RecordStore.Family;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A session that another node hands over, until everything is here. Without a session of the client here, it goes on as it
 * was: same places in the journal, so same packet identifiers. Otherwise what waited there is delivered to the one here,
 * under new identifiers. Confined to one thread.
 */
public final class SessionImport {

    private static final byte[] NO_KEY = {};

    private final Sessions sessions;
    private final String clientId;
    private final long fence;
    private final NodeId from;
    private final long fromFence;
    private final long begun;
    private final List<Subscription> subscriptions = new ArrayList<>();
    private final Set<Integer> unreleased = new HashSet<>();
    private final List<SessionParts.Part> deliveries = new ArrayList<>();
    private final Map<Long, Long> seenAtMillis = new HashMap<>();
    private @Nullable SessionHeader header;
    private @Nullable ClientSession session;
    private boolean isNew;
    private boolean isResidue;

    SessionImport(Sessions sessions, String clientId, long fence, NodeId from, long fromFence, long begun) {
        this.sessions = sessions;
        this.clientId = clientId;
        this.fence = fence;
        this.from = from;
        this.fromFence = fromFence;
        this.begun = begun;
    }

    /**
     * Takes in a part.
     *
     * @throws IllegalArgumentException if it is malformed
     */
    public void accept(byte[] part) {
        try {
            for (SessionParts.Part record : SessionParts.read(part)) {
                switch (record.kind()) {
                    case SessionParts.HEADER -> header = SessionRecords.header(NO_KEY, record.value());
                    case SessionParts.SUBSCRIPTION ->
                        subscriptions.add(SessionRecords.subscription(record.key(), record.value()));
                    case SessionParts.INBOUND -> unreleased.add(SessionRecords.inbound(record.key(), record.value()));
                    case SessionParts.DELIVERY -> {
                        SessionRecords.queued(record.key(), record.value()); // unreadable ones are refused now
                        deliveries.add(record);
                    }
                    case SessionParts.SEEN -> SeenCopies.read(record.value(), sessions.wallMillis(), seenAtMillis::put);
                    case SessionParts.RESIDUE -> isResidue = true;
                    default -> throw new IllegalArgumentException("a record of kind " + (int) record.kind());
                }
            }
        } catch (IllegalStateException unreadable) {
            throw new IllegalArgumentException(unreadable.getMessage(), unreadable);
        }
    }

    /** What the client was subscribed to, as far as it is not here. */
    public List<Subscription> subscriptions() {
        ClientSession here = session;
        return here == null
                ? subscriptions
                : subscriptions.stream()
                        .filter(each -> !here.subscriptions().containsKey(each.filter()))
                        .toList();
    }

    /**
     * Opens the session, which takes messages from now on and does not send them yet, unless there is one.
     *
     * @return the session, or null if the node has as many as it may have or the session is incomplete
     */
    public @Nullable ClientSession open() {
        SessionHeader there = header;
        ClientSession existing = sessions.get(clientId);
        if (there == null && (!isResidue || existing == null)) {
            return null;
        }
        isNew = existing == null;
        ClientSession opened =
                existing == null && there != null ? sessions.openReceived(clientId, there, fence) : existing;
        if (opened != null) {
            opened.begun(begun);
            opened.moveHere();
        }
        session = opened;
        return opened;
    }

    /**
     * Everything came: puts it ahead of what came since {@link #open}.
     *
     * @param through the place in the other node's journal up to which it came; kept, for {@link Sessions#received}
     * @param durable run, on any thread, when all of it is kept
     */
    public void finish(long through, Runnable durable) {
        ClientSession here = session;
        SessionHeader there = header;
        if (here == null) {
            throw new IllegalStateException("not open");
        }
        JournalBatch batch = sessions.journal().batch();
        if (isNew && there != null) {
            restore(here, there, batch);
        } else {
            unite(here, batch);
        }
        SessionJournal own = here.journal();
        if (own != null) {
            batch.unit()
                    .put(
                            Family.SESSIONS,
                            SessionRecords.originKey(own.number(), from),
                            SessionRecords.origin(fromFence, through));
        }
        JournalUnit kept = batch.commit();
        sessions.settleLater(here);
        if (kept == null) {
            durable.run();
        } else {
            kept.whenDurable(durable);
        }
    }

    private void restore(ClientSession here, SessionHeader there, JournalBatch batch) {
        SessionJournal own = here.journal();
        List<SessionRecords.Queued> queue = new ArrayList<>(deliveries.size());
        for (SessionParts.Part record : deliveries) {
            SessionRecords.Queued queued = SessionRecords.queued(record.key(), record.value());
            if (queued.delivery() != null) {
                here.cameFromOldHome(queued.delivery());
                seenAtMillis.remove(ClientSession.copyOf(queued.delivery()));
            }
            queue.add(queued);
            if (own != null) {
                own.putQueued(batch.unit(), queued.sequence(), record.value());
            }
        }
        seenAtMillis.forEach((copy, atMillis) -> here.seenElsewhere(copy, atMillis, true));
        here.restore(queue, List.copyOf(unreleased), there.sentThrough());
        if (own != null) {
            unreleased.forEach(id -> own.putInbound(batch.unit(), id));
            own.putHeader(batch.unit(), here.expirySeconds(), there.disconnectedAtMillis(), there.sentThrough());
        }
        here.goOn();
    }

    private void unite(ClientSession here, JournalBatch batch) {
        for (SessionParts.Part record : deliveries) {
            Delivery delivery =
                    SessionRecords.queued(record.key(), record.value()).delivery();
            if (delivery != null) {
                here.deliver(delivery, batch);
                delivery.message().release();
            }
        }
        seenAtMillis.forEach((copy, atMillis) -> here.seenElsewhere(copy, atMillis, false));
    }

    /** The old home is out of reach: a session that is open goes on with what came here. */
    public void keep() {
        ClientSession here = session;
        SessionHeader there = header;
        if (here != null && isNew && there != null) {
            JournalBatch batch = sessions.journal().batch();
            SessionJournal own = here.journal();
            if (own != null) {
                own.putHeader(batch.unit(), here.expirySeconds(), there.disconnectedAtMillis(), SessionHeader.UNKNOWN);
            }
            batch.commit();
            sessions.settleLater(here);
            here.goOn();
        }
    }

    /** The session, if it is here only because of this hand-over, and nothing came for it. */
    public @Nullable ClientSession unused() {
        ClientSession here = session;
        return here != null && isNew && here.stats().mailbox() == 0 ? here : null;
    }

    /** Whether a session is open that was not here before. */
    public boolean isOpen() {
        return session != null && isNew;
    }
}
