package io.meshvine.node;

import io.meshvine.mesh.EventLoop;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.session.ClientDirectory;
import io.meshvine.mesh.session.DirectoryOptions;
import io.meshvine.mesh.session.SessionHost;
import io.meshvine.mesh.wire.Position;
import io.meshvine.node.front.Front;
import io.meshvine.node.front.Homes;
import io.meshvine.node.routing.Subscriptions;
import io.meshvine.node.routing.Wills;
import io.meshvine.node.session.CleanStartRecords;
import io.meshvine.node.session.ClientSession;
import io.meshvine.node.session.Residue;
import io.meshvine.node.session.Residues;
import io.meshvine.node.session.SessionImport;
import io.meshvine.node.session.Sessions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The node's clients in the mesh: claims them when they connect, and moves their sessions from and to other nodes. */
final class ClientHomes implements Homes, SessionHost {

    private final MeshSide mesh;
    private final Sessions sessions;
    private final Residues residues;
    private final CleanStartRecords cleanStarts;
    private final Subscriptions subscriptions;
    private final List<Executor> publishers;
    private final Wills wills;
    private final ClientDirectory directory;
    private @Nullable Front front;

    /** @param publishers the threads besides those of connections on which the node itself publishes */
    ClientHomes(
            MeshSide mesh,
            EventLoop bridgeLoop,
            NodeId self,
            DirectoryOptions options,
            Sessions sessions,
            Residues residues,
            CleanStartRecords cleanStarts,
            Subscriptions subscriptions,
            Wills wills,
            List<Executor> publishers) {
        this.mesh = mesh;
        this.sessions = sessions;
        this.residues = residues;
        this.cleanStarts = cleanStarts;
        this.subscriptions = subscriptions;
        this.publishers = List.copyOf(publishers);
        residues.onEnd(subscriptions::restEnded);
        this.wills = wills;
        this.directory = new ClientDirectory(bridgeLoop, mesh::execute, self, options, this, mesh.positions());
        mesh.attach(ClientDirectory.CHANNEL, directory);
    }

    /** Takes the front, whose connections are ended when sessions move. Before the mesh is joined. */
    void serve(Front one) {
        front = one;
    }

    private Front front() {
        Front serving = front;
        if (serving == null) {
            throw new IllegalStateException("not serving yet");
        }
        return serving;
    }

    /** On the bridge loop only. */
    ClientDirectory directory() {
        return directory;
    }

    // ---- Clients of this node

    /** How the directory stands. Any thread. */
    ClientDirectory.Statistics statistics() {
        return directory.latestStatistics();
    }

    /** A session of an earlier life goes on. Before the mesh is joined. */
    void restored(ClientSession session) {
        directory.restored(session.clientId(), session.fence(), session.begun());
    }

    /** What an earlier life knew of clean starts. Before the sessions, and before the mesh is joined. */
    void restoreCleanStarts() {
        cleanStarts.restore(directory::restoredBegun);
    }

    /** What an earlier life left behind of a session that moved. Before the mesh is joined. */
    void restored(Residue residue) {
        directory.restored(residue);
    }

    void ended(ClientSession session) {
        String clientId = session.clientId();
        long fence = session.fence();
        mesh.execute(() -> directory.ended(clientId, fence));
    }

    @Override
    public void claim(String clientId, boolean clean, boolean durable, Homes.Claimant claimant) {
        mesh.execute(() -> directory.claim(clientId, clean, durable, new io.meshvine.mesh.session.Claimant() {
            @Override
            public void granted(long fence) {
                claimant.granted(fence);
            }

            @Override
            public void lost() {
                claimant.lost();
            }
        }));
    }

    @Override
    public void left(String clientId, long fence, boolean kept) {
        mesh.execute(() -> directory.left(clientId, fence, kept));
    }

    // ---- Sessions that move

    @Override
    public void freeze(String clientId, Runnable frozen) {
        front().freeze(clientId, () -> {
            sessions.noteWhole(clientId);
            quiesce(() -> mesh.execute(() -> sessions.settle(frozen)));
        });
    }

    @Override
    public void release(String clientId) {
        sessions.resume(clientId);
        front().release(clientId);
    }

    @Override
    public void end(String clientId, Runnable durable) {
        ClientSession session = sessions.get(clientId);
        if (session != null) {
            sessions.end(session);
        }
        sessions.settle(durable);
    }

    @Override
    public void forget(String clientId) {
        ClientSession moved = sessions.moveAway(clientId);
        if (moved != null) {
            // The session goes on, so a will that waits for its delay is the affair of its new home [MQTT-3.1.3-9].
            wills.disarm(clientId);
            subscriptions.sessionEnded(moved);
        }
    }

    @Override
    public @Nullable LeftBehind leaveBehind(
            String clientId, long through, NodeId home, Position interest, Set<NodeId> behind) {
        Residue residue = residues.leave(clientId, through, home, interest, behind);
        if (residue != null) {
            wills.disarm(clientId);
            subscriptions.leaveBehind(residue.session(), residues);
        }
        return residue;
    }

    @Override
    public void keepBegun(String clientId, long fence, Runnable durable) {
        cleanStarts.keep(clientId, fence, durable);
    }

    @Override
    public void forgetBegun(String clientId) {
        cleanStarts.forget(clientId);
    }

    /** Each of the threads that publish runs a task; what it was about is done by then. */
    @Override
    public void quiesce(Runnable quiet) {
        List<Executor> all = new ArrayList<>(publishers);
        all.addAll(front().loops().values());
        AtomicInteger busy = new AtomicInteger(all.size());
        Runnable passed = () -> {
            if (busy.decrementAndGet() == 0) {
                quiet.run();
            }
        };
        for (Executor each : all) {
            try {
                each.execute(passed);
            } catch (RejectedExecutionException stopped) {
                passed.run(); // It publishes nothing any more.
            }
        }
    }

    @Override
    public @Nullable Export export(String clientId) {
        return sessions.export(clientId);
    }

    @Override
    public long received(String clientId, NodeId from, long fromFence) {
        return sessions.received(clientId, from, fromFence);
    }

    @Override
    public Import receive(String clientId, long fence, NodeId from, long fromFence, long begun) {
        return new Arriving(clientId, sessions.receive(clientId, fence, from, fromFence, begun));
    }

    /** A session on its way here, with its subscriptions. */
    private final class Arriving implements Import {
        private final String clientId;
        private final SessionImport session;

        Arriving(String clientId, SessionImport session) {
            this.clientId = clientId;
            this.session = session;
        }

        @Override
        public void accept(byte[] part) {
            session.accept(part);
        }

        @Override
        public void activate(Runnable confirmed) {
            ClientSession opened = session.open();
            if (opened == null) {
                throw new IllegalArgumentException("no room for the session, or no header");
            }
            subscriptions.subscribe(opened, session.subscriptions(), existed -> confirmed.run());
        }

        @Override
        public void finish(long through, Runnable durable) {
            session.finish(through, durable);
        }

        @Override
        public boolean keep() {
            session.keep();
            return session.isOpen();
        }

        @Override
        public boolean discard() {
            ClientSession unused = session.unused();
            if (unused == null) {
                session.keep();
                return session.isOpen();
            }
            sessions.moveAway(clientId);
            subscriptions.sessionEnded(unused);
            return false;
        }
    }
}
