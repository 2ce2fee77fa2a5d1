package io.meshvine.node.session;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.session.SessionHost;
import io.meshvine.mesh.wire.Position;
import java.util.Set;
import java.util.TreeSet;

/**
 * What stays here of a session that moved: subscribed, but for messages of some nodes only, which wait to go after it.
 * Deliveries may come on any thread; everything else is confined to the bridge loop.
 */
public final class Residue implements SessionHost.LeftBehind {

    private final Residues owner;
    private final ClientSession session;
    private final SessionJournal journal;
    private final Set<NodeId> behind;
    private Header header;

    /**
     * What is kept of it beside subscriptions and queue.
     *
     * @param fence of the last claim by which the session was at home here
     * @param home where it went
     * @param interest of that node, as subscribed to what the session wants
     * @param leftAtMillis wall-clock milliseconds since 1970
     * @param handedOver how often it was handed over
     * @param offeredThrough place in the journal up to which it is being handed over, or 0
     */
    record Header(
            String clientId,
            long fence,
            NodeId home,
            Position interest,
            long leftAtMillis,
            long handedOver,
            long offeredThrough,
            Set<NodeId> behind) {

        Header {
            behind = Set.copyOf(behind);
        }

        private Header with(long nowHandedOver, long nowOffered, Set<NodeId> nowBehind) {
            return new Header(clientId, fence, home, interest, leftAtMillis, nowHandedOver, nowOffered, nowBehind);
        }
    }

    Residue(Residues owner, ClientSession session, SessionJournal journal, Header header) {
        this.owner = owner;
        this.session = session;
        this.journal = journal;
        this.header = header;
        this.behind = new TreeSet<>(header.behind());
    }

    /** The session as it is here. */
    public ClientSession session() {
        return session;
    }

    boolean takesFrom(NodeId origin) {
        return behind.contains(origin);
    }

    @Override
    public String clientId() {
        return session.clientId();
    }

    @Override
    public long fence() {
        return header.fence();
    }

    @Override
    public NodeId home() {
        return header.home();
    }

    @Override
    public Position interest() {
        return header.interest();
    }

    @Override
    public Set<NodeId> behind() {
        return Set.copyOf(behind);
    }

    @Override
    public void heard(NodeId node) {
        if (behind.remove(node)) {
            keep(header.with(header.handedOver(), header.offeredThrough(), behind));
        }
    }

    @Override
    public boolean isWaiting() {
        return header.offeredThrough() != 0 || session.hasWaiting();
    }

    @Override
    public boolean isExpired() {
        return owner.isExpired(header.leftAtMillis());
    }

    @Override
    public long begin() {
        if (header.offeredThrough() == 0) {
            keep(header.with(header.handedOver(), journal.lastSequence(), behind));
        }
        return header.fence() - 1 - header.handedOver();
    }

    @Override
    public SessionHost.Export export() {
        return new ResidueExport(owner.store(), journal.number(), header.offeredThrough());
    }

    @Override
    public void taken() {
        long through = header.offeredThrough();
        header = header.with(header.handedOver() + 1, 0, behind);
        JournalBatch batch = owner.batch();
        session.forgetThrough(through, batch);
        put(batch.unit());
        batch.commit();
    }

    @Override
    public void end() {
        owner.end(this);
    }

    private void keep(Header changed) {
        header = changed;
        JournalBatch batch = owner.batch();
        put(batch.unit());
        batch.commit();
    }

    void put(JournalUnit unit) {
        journal.putResidue(unit, header);
    }
}
