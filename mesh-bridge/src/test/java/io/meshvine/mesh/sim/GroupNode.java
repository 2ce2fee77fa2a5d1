package io.meshvine.mesh.sim;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.Interest;
import io.meshvine.mesh.LocalBroker;
import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.MeshTarget;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.WriteUnit;
import io.meshvine.mesh.group.GroupLedger;
import io.meshvine.mesh.group.GroupMembers;
import io.meshvine.mesh.group.GroupOptions;
import io.meshvine.mesh.interest.PeerInterest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One life of a node with members of one shared subscription: a model of the part that is not the mesh's. */
final class GroupNode implements LocalBroker, GroupMembers {
    static final GroupKey GROUP = new GroupKey("g", "work");
    static final Duration REDELIVER_AFTER = Duration.ofSeconds(1);
    private static final int MAX_THINKING_MILLIS = 800;

    final SimNode.Life life;
    final GroupLedger ledger;
    private final SimGroups books;
    private int liveMembers;
    private int awayMembers;
    private final List<Held> held = new ArrayList<>();

    /** A publish that a member here has not acknowledged. */
    private record Held(MeshPublish publish, @Nullable NodeId origin, long ticket) {}

    GroupNode(SimNode.Life life, SimGroups books) {
        this.life = life;
        this.books = books;
        this.ledger = new GroupLedger(
                life.epoch, life.loop, new GroupOptions(REDELIVER_AFTER, Duration.ofHours(1), 1_000_000), this);
        life.bridge.attach(ledger);
        life.broker.instead = this;
    }

    // ---- Members

    void addMember() {
        addMember(false);
    }

    void addMember(boolean durable) {
        liveMembers++;
        life.bridge.subscribe(List.of(new Interest(GROUP.group(), GROUP.filter(), 1, durable)), () -> {});
        recheck();
    }

    /** A member loses its connection; its session stays. */
    void detachMember() {
        if (liveMembers > 0) {
            liveMembers--;
            awayMembers++;
            recheck();
            if (liveMembers == 0) {
                handOn();
            }
        }
    }

    void attachMember() {
        if (awayMembers > 0) {
            awayMembers--;
            liveMembers++;
            recheck();
            List.copyOf(held).forEach(this::think);
        }
    }

    int liveMembers() {
        return liveMembers;
    }

    int awayMembers() {
        return awayMembers;
    }

    private void recheck() {
        life.bridge.execute(() -> ledger.recheck(GROUP));
    }

    // ---- Publishes

    /** Publishes as a node does: a member here that is connected, else one elsewhere, else one that is away. */
    void publish(MeshPublish publish) {
        if (!give(publish, () -> books.settled(publish), null)) {
            books.nobody(publish);
        }
    }

    private boolean give(MeshPublish publish, Runnable settled, @Nullable NodeId except) {
        if (liveMembers > 0) {
            take(new Held(publish, null, GroupLedger.NO_TICKET));
            settled.run();
            return true;
        }
        NodeId live = peer(true, except);
        NodeId other = live != null || awayMembers > 0 ? live : peer(false, except);
        if (other != null) {
            forward(publish, other, settled);
            return true;
        }
        if (awayMembers > 0) {
            take(new Held(publish, null, GroupLedger.NO_TICKET));
            settled.run();
            return true;
        }
        return false;
    }

    private void forward(MeshPublish publish, NodeId peer, Runnable settled) {
        books.forwarded(life, peer, publish);
        life.bridge.publish(publish, List.of(new MeshTarget(peer, false, 1, List.of(GROUP))), null, settled);
    }

    private @Nullable NodeId peer(boolean live, @Nullable NodeId except) {
        List<NodeId> candidates = life.index.members(GROUP).stream()
                .map(PeerInterest::peer)
                .filter(peer -> !peer.equals(except) && ledger.isLive(peer, GROUP) == live)
                .toList();
        return candidates.isEmpty() ? null : candidates.get(life.loop.random().nextInt(candidates.size()));
    }

    private void take(Held publish) {
        held.add(publish);
        think(publish);
    }

    private void think(Held publish) {
        long millis = life.loop.random().nextInt(MAX_THINKING_MILLIS);
        life.loop.schedule(Duration.ofMillis(millis), () -> {
            if (liveMembers > 0 && held.remove(publish)) {
                books.acknowledged(life, publish.publish());
                finish(publish);
            }
        });
    }

    private void finish(Held publish) {
        NodeId origin = publish.origin();
        if (origin != null && publish.ticket() != GroupLedger.NO_TICKET) {
            life.bridge.execute(() -> ledger.done(origin, publish.ticket()));
        }
    }

    private void handOn() {
        for (Held publish : List.copyOf(held)) {
            NodeId live = peer(true, null);
            if (live != null) {
                held.remove(publish);
                forward(publish.publish(), live, () -> finish(publish));
            }
        }
    }

    @Override
    public void deliver(NodeId origin, List<Arrival> batch, WriteUnit unit, Runnable accepted) {
        for (Arrival arrival : batch) {
            if (!arrival.groups().isEmpty()) {
                take(new Held(arrival.publish(), origin, arrival.ticket()));
            }
        }
        if (liveMembers == 0) {
            handOn();
        }
        accepted.run();
    }

    @Override
    public boolean isAway(GroupKey group) {
        return liveMembers == 0 && awayMembers > 0;
    }

    @Override
    public boolean redeliver(MeshPublish publish, GroupKey group, NodeId gone) {
        // Where it has durable members, it may have it itself.
        Interest there = life.index.get(gone, group);
        return give(publish, () -> {}, there != null && there.durable() ? gone : null);
    }
}
