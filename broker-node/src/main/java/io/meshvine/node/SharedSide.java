package io.meshvine.node;

import io.meshvine.mesh.EventLoop;
import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.group.GroupLedger;
import io.meshvine.mesh.group.GroupMembers;
import io.meshvine.mesh.group.GroupOptions;
import io.meshvine.node.config.NodeConfig;
import io.meshvine.node.routing.MeshLocalBroker;
import io.meshvine.node.routing.PeerMembers;
import java.util.Iterator;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The ledger of shared subscriptions as the threads of clients see it: what they say is gathered and told on the bridge
 * loop. Any thread.
 */
final class SharedSide implements PeerMembers, MeshLocalBroker.Tickets {

    private final MeshSide mesh;

    /** Of peers, done with and not told yet. */
    private final Queue<Ticket> done = new ConcurrentLinkedQueue<>();

    private final AtomicBoolean telling = new AtomicBoolean();
    private final Set<GroupKey> changed = ConcurrentHashMap.newKeySet();
    private volatile @Nullable GroupLedger ledger;

    private record Ticket(NodeId origin, long number) {}

    SharedSide(MeshSide mesh) {
        this.mesh = mesh;
    }

    /** Before the mesh is joined. */
    void serve(NodeConfig config, long epoch, EventLoop bridgeLoop, GroupMembers members) {
        GroupOptions options = new GroupOptions(
                config.shared().redeliverAfter(),
                config.mesh().outboxRetention(),
                config.shared().maxTrackedBytes());
        GroupLedger made = new GroupLedger(epoch, bridgeLoop, options, members);
        mesh.attach(made);
        ledger = made;
    }

    private GroupLedger ledger() {
        GroupLedger serving = ledger;
        if (serving == null) {
            throw new IllegalStateException("not serving yet");
        }
        return serving;
    }

    GroupLedger.Statistics statistics() {
        return ledger().statistics();
    }

    @Override
    public boolean isLive(NodeId peer, GroupKey group) {
        return ledger().isLive(peer, group);
    }

    @Override
    public int load(NodeId peer) {
        return ledger().load(peer);
    }

    @Override
    public void recheck(GroupKey group) {
        if (mesh.isEnabled() && changed.add(group)) {
            mesh.execute(this::recheckChanged);
        }
    }

    /** Tells what changed before the mesh was joined. */
    void recheckAll() {
        mesh.execute(this::recheckChanged);
    }

    private void recheckChanged() {
        for (Iterator<GroupKey> groups = changed.iterator(); groups.hasNext(); ) {
            GroupKey group = groups.next();
            groups.remove(); // before it is looked at: a later change adds it again
            ledger().recheck(group);
        }
    }

    @Override
    public void done(NodeId origin, long ticket) {
        done.add(new Ticket(origin, ticket));
        if (telling.compareAndSet(false, true)) {
            mesh.execute(this::tellDone);
        }
    }

    private void tellDone() {
        telling.set(false);
        Ticket ticket;
        while ((ticket = done.poll()) != null) {
            ledger().done(ticket.origin(), ticket.number());
        }
    }
}
