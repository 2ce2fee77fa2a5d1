package io.meshvine.mesh.session;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.session.HandingOver.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Sessions on their way from this node to others, which have the better claims: ends the connection, sends the session,
 * and deletes it when the other node has it. Confined to the bridge loop.
 */
final class HandOvers {

    private final DirectoryParts parts;

    HandOvers(DirectoryParts parts) {
        this.parts = parts;
    }

    /** A session of this node that goes to another one. */
    private final class Leaving implements HandingOver.Source {
        final Home home;

        Leaving(Home home) {
            this.home = home;
        }

        @Override
        public void onReady(HandingOver handingOver) {
            handingOver.stage(Stage.FLUSHING);
            List<NodeId> nodes = new ArrayList<>(parts.peers.inReach());
            nodes.add(parts.self);
            parts.flushes.begin(
                    nodes, handingOver.to, handingOver.interest, parts.options.claimTimeout(), notFlushed -> {
                        handingOver.behind = parts.residues.behind(notFlushed, nodes);
                        handingOver.settle(() -> parts.turns.execute(() -> rest(handingOver)));
                    });
        }

        @Override
        public void onTaken(HandingOver handingOver, Item.Taken item) {
            if (handingOver.stage() != Stage.CONFIRMING) {
                finish(handingOver); // The other one has it since long; the connection here may not be over yet.
                onMoved(home, new Home.Moved(handingOver.to, item.interest(), item.through()));
                return;
            }
            if (handingOver.behind.isEmpty()) {
                parts.host.forget(home.clientId);
            } else {
                Home.Moved moved = new Home.Moved(handingOver.to, handingOver.interest, handingOver.through());
                leave(home, moved, handingOver.behind);
            }
            parts.tally.handedOver++;
            handedOver(home, handingOver);
        }

        @Override
        public void onStopped(HandingOver handingOver) {
            finish(handingOver);
            boolean better = home.winner == null || home.winner.compareTo(handingOver.winner) < 0;
            if (better && !parts.peers.isInReach(handingOver.to)) {
                home.winner = handingOver.winner; // It may still be that when it is back.
            }
            release(home);
            parts.rivals.offer(home);
        }
    }

    void onFetch(NodeId from, Item.Fetch item) {
        Home home = parts.homes.get(item.clientId());
        if (home == null) {
            if (!parts.residues.onFetch(from, item)) {
                parts.peers.send(from, new Item.Nothing(item.ticket()));
            }
            return;
        }
        if (home.isUndecided()) {
            parts.peers.ask(from, item);
            home.asking.add(new Home.Asking(from, item));
            parts.peers.send(from, new Item.Undecided(item.ticket()));
            return;
        }
        Rank theirs = new Rank(item.fence(), from);
        if (theirs.compareTo(home.rank(parts.self)) < 0) {
            parts.peers.send(from, new Item.Lost(item.ticket(), home.rank(parts.self), home.claim == null));
            return;
        }
        HandingOver before = home.handingOver;
        if (before != null && before.winner.compareTo(theirs) > 0) {
            parts.peers.send(from, new Item.Lost(item.ticket(), before.winner, false));
            return;
        }
        begin(home, new HandingOver(new Leaving(home), theirs, item.ticket(), item.begun() > home.fence));
    }

    /** Answers what was asked while nothing was decided, unless the other node has left or does not want it any more. */
    void answer(Home home) {
        if (!home.isUndecided()) {
            List<Home.Asking> asking = List.copyOf(home.asking);
            home.asking.clear();
            asking.stream()
                    .filter(each -> parts.peers.isAsking(each.from(), each.item()))
                    .forEach(each -> onFetch(each.from(), each.item()));
        }
    }

    private void begin(Home home, HandingOver handingOver) {
        HandingOver before = home.handingOver;
        home.handingOver = handingOver;
        if (before != null) {
            parts.peers.send(before.to, new Item.Lost(before.ticket, handingOver.winner, false));
            finish(before);
        }
        parts.claims.lose(home);
        home.holders.clear();
        parts.fetches.stop(home);
        parts.peers.add(handingOver);
        parts.peers.send(handingOver.to, new Item.Coming(handingOver.ticket, home.fence, home.begun));
        freeze(home);
    }

    private void freeze(Home home) {
        if (home.frozen) {
            parts.turns.execute(() -> onFrozen(home));
        } else if (!home.freezing) {
            home.freezing = true;
            long freeze = ++home.freezes;
            parts.host.freeze(
                    home.clientId,
                    () -> parts.turns.execute(() -> {
                        if (home.freezing && home.freezes == freeze) {
                            home.freezing = false;
                            home.frozen = true;
                            onFrozen(home);
                        }
                    }));
        }
    }

    private void release(Home home) {
        if (home.frozen || home.freezing) {
            home.frozen = false;
            home.freezing = false;
            home.moved = null;
            parts.host.release(home.clientId);
        }
        parts.homes.tidy(home);
    }

    private void onFrozen(Home home) {
        HandingOver handingOver = home.handingOver;
        home.connected = false;
        if (handingOver == null && home.ending) {
            home.ending = false;
            if (home.claim == null && parts.cleanStarts.isOld(home)) {
                long fence = home.fence;
                parts.host.end(home.clientId, () -> parts.turns.execute(() -> over(home, fence)));
                return;
            }
        }
        if (handingOver == null) {
            Home.Moved moved = home.moved;
            if (moved != null && home.claim == null) {
                // Who knows of the new home is not known any more; those in reach will say.
                Set<NodeId> all = new TreeSet<>(parts.peers.inReach());
                all.add(parts.self);
                leave(home, moved, parts.residues.behind(all, all));
                parts.homes.drop(home);
            }
            release(home);
            return;
        }
        if (handingOver.stage() != Stage.FREEZING) {
            return;
        }
        SessionHost.Export export = handingOver.clean ? null : parts.host.export(home.clientId);
        if (export == null) {
            handingOver.stage(Stage.CONFIRMING);
            long fence = home.fence;
            parts.host.end(home.clientId, () -> parts.turns.execute(() -> ended(home, fence, handingOver)));
        } else {
            handingOver.begin(export);
            parts.peers.wake(handingOver.to);
        }
    }

    /** The session ended here for good; only now may the new one be acknowledged. */
    private void ended(Home home, long fence, HandingOver handingOver) {
        if (handingOver.stage() == Stage.CONFIRMING) {
            parts.peers.send(handingOver.to, new Item.Nothing(handingOver.ticket));
            handedOver(home, handingOver);
        } else {
            over(home, fence); // The other node has left meanwhile.
        }
    }

    private void over(Home home, long fence) {
        if (home.fence == fence && home.claim == null && home.handingOver == null) {
            parts.homes.drop(home);
            release(home);
        }
    }

    /** The session is over: it began anew elsewhere, and is not there any more. */
    void endHere(Home home) {
        home.ending = true;
        freeze(home);
    }

    /** Another node has the session: it is deleted here, but for what may still come. */
    private void leave(Home home, Home.Moved moved, Set<NodeId> behind) {
        SessionHost.LeftBehind left =
                parts.host.leaveBehind(home.clientId, moved.through(), moved.to(), moved.interest(), behind);
        if (left == null) {
            parts.host.forget(home.clientId);
        } else {
            parts.residues.add(left);
        }
    }

    void onPartAck(NodeId from, Item.PartAck item) {
        HandingOver handingOver = parts.peers.handingOver(from, item.ticket());
        if (handingOver != null) {
            handingOver.onConfirmed(item.number());
            parts.peers.wake(from);
        }
    }

    /** The new home takes what is published from now on; what was on its way here before comes, and then goes there. */
    void onReady(NodeId from, Item.Ready item) {
        HandingOver handingOver = parts.peers.handingOver(from, item.ticket());
        if (handingOver != null && handingOver.stage() == Stage.SUBSCRIBING) {
            handingOver.interest = item.interest();
            handingOver.source.onReady(handingOver);
        }
    }

    private void rest(HandingOver handingOver) {
        if (handingOver.stage() == Stage.FLUSHING) {
            handingOver.stage(Stage.SENDING_REST);
            parts.peers.wake(handingOver.to);
        }
    }

    void onTaken(NodeId from, Item.Taken item) {
        HandingOver handingOver = parts.peers.handingOver(from, item.ticket());
        if (handingOver != null) {
            handingOver.source.onTaken(handingOver, item);
        }
    }

    /** Another node has what is here already, but for what came since. */
    void onMoved(Home home, Home.Moved moved) {
        home.moved = moved;
        freeze(home);
    }

    private void handedOver(Home home, HandingOver handingOver) {
        finish(handingOver);
        parts.homes.drop(home);
        release(home);
    }

    void onCancel(NodeId from, long ticket) {
        parts.peers.asksNoMore(from, ticket);
        HandingOver handingOver = parts.peers.handingOver(from, ticket);
        if (handingOver != null) {
            parts.tally.failed++;
            handingOver.source.onStopped(handingOver);
        }
    }

    /** Connected again before its session was frozen: it goes on here. */
    void stop(Home home) {
        HandingOver handingOver = home.handingOver;
        if (handingOver != null) {
            finish(handingOver);
            release(home);
        }
    }

    private void finish(HandingOver handingOver) {
        handingOver.stage(Stage.OVER);
        parts.peers.remove(handingOver);
        if (handingOver.source instanceof Leaving leaving && leaving.home.handingOver == handingOver) {
            leaving.home.handingOver = null;
            parts.turns.execute(() -> answer(leaving.home));
        }
    }
}
