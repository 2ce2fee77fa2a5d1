package io.meshvine.mesh.session;

import io.meshvine.mesh.NodeId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Sees to what this node is still sent for sessions that went to others. A node that was out of reach when a session
 * moved keeps what it accepts for the old home, and goes on with that until it hears of the new one. So the old home
 * stays subscribed for such nodes; once one is in reach, knows of the new home, and has sent what it routed before, what
 * came is handed over to wherever the session is by then, and nothing more is taken from that node. Confined to the
 * bridge loop.
 */
final class Residues implements HandingOver.Source {

    /** A home that is not found is looked for again. */
    private static final long SEEK_AGAIN_NANOS = Duration.ofSeconds(2).toNanos();

    /** Who is in reach answers in the end, or leaves. */
    private static final Duration PATIENCE = Duration.ofDays(1);

    private final DirectoryParts parts;
    private final LinkPositions links;
    private final Map<String, List<Residue>> residues = new LinkedHashMap<>();
    private final Map<HandingOver, Residue> underWay = new LinkedHashMap<>();
    private int size;

    Residues(DirectoryParts parts, LinkPositions links) {
        this.parts = parts;
        this.links = links;
    }

    int size() {
        return size;
    }

    /** Who may still send something here for a session that moves: those who do not know, and those out of reach. */
    Set<NodeId> behind(Set<NodeId> notFlushed, Collection<NodeId> asked) {
        Set<NodeId> behind = new TreeSet<>(notFlushed);
        for (NodeId known : links.known()) {
            // Who came into reach since the others were asked has not been asked.
            if (!parts.peers.isInReach(known) || !asked.contains(known)) {
                behind.add(known);
            }
        }
        return behind;
    }

    void add(SessionHost.LeftBehind kept) {
        Residue residue = new Residue(kept);
        residues.computeIfAbsent(kept.clientId(), absent -> new ArrayList<>(1)).add(residue);
        size++;
        ask(residue);
    }

    private void remove(Residue residue) {
        List<Residue> all = residues.get(residue.clientId());
        if (all != null && all.remove(residue)) {
            size--;
            if (all.isEmpty()) {
                residues.remove(residue.clientId());
            }
        }
    }

    private List<Residue> all() {
        List<Residue> all = new ArrayList<>(size);
        residues.values().forEach(all::addAll);
        return all;
    }

    /** Ends what is left of sessions older than that. Returns whether that is all of it: what is on its way goes there. */
    boolean endOlder(String clientId, long begun) {
        List<Residue> older = residues.getOrDefault(clientId, List.of()).stream()
                .filter(residue -> residue.kept.fence() < begun)
                .toList();
        older.stream().filter(residue -> !residue.handingOver).forEach(this::end);
        return older.stream().noneMatch(residue -> residue.handingOver);
    }

    // ---- Nodes that come back

    void onConnected() {
        all().forEach(this::ask);
    }

    private void ask(Residue residue) {
        List<NodeId> now = new ArrayList<>();
        for (NodeId node : residue.behind) {
            boolean inReach = node.equals(parts.self) || parts.peers.isInReach(node);
            if (inReach && residue.asked.add(node)) {
                now.add(node);
            }
        }
        for (NodeId node : now) {
            parts.flushes.begin(List.of(node), residue.home(), residue.interest(), PATIENCE, silent -> {
                residue.asked.remove(node);
                if (silent.isEmpty() && !residue.over) {
                    residue.behind.remove(node);
                    residue.kept.heard(node);
                    offer(residue);
                }
            });
        }
    }

    // ---- To the session

    /** Hands over what came, once no node is on the point of sending more; ends what has nothing to wait for. */
    private void offer(Residue residue) {
        if (residue.handingOver || !residue.asked.isEmpty()) {
            return;
        }
        if (!residue.kept.isWaiting()) {
            residue.offered = false;
            if (residue.behind.isEmpty()) {
                end(residue);
            }
            return;
        }
        residue.offered = true;
        seek(residue);
    }

    private void end(Residue residue) {
        residue.over = true;
        remove(residue);
        residue.kept.end();
    }

    private void seek(Residue residue) {
        residue.soughtNanos = parts.loop.nanoTime();
        Home here = parts.homes.get(residue.clientId());
        if (here != null && here.isAtRest()) {
            if (here.begun > residue.kept.fence()) {
                end(residue);
            } else {
                deliverHere(residue, here);
            }
            return;
        }
        Item.Seek seek = new Item.Seek(residue.clientId(), residue.kept.fence());
        for (NodeId registrar : parts.homes.registrarsOf(residue.clientId())) {
            if (registrar.equals(parts.self)) {
                parts.homes.registrar().seek(parts.self, seek);
            } else {
                parts.peers.send(registrar, seek);
            }
        }
    }

    /** The client is at home here again. */
    private void deliverHere(Residue residue, Home here) {
        residue.handingOver = true;
        Fetching coming = parts.fetches.fromHere(here);
        long fence = residue.kept.begin();
        SessionHost.Import session = parts.host.receive(here.clientId, here.fence, parts.self, fence, here.begun);
        SessionHost.Export export = residue.kept.export();
        settle(export, () -> {
            try {
                byte[] part;
                while ((part = export.next()) != null) {
                    session.accept(part);
                }
                Runnable kept = () -> {
                    taken(residue);
                    parts.fetches.end(coming);
                };
                session.activate(() -> session.finish(export.through(), () -> parts.turns.execute(kept)));
            } catch (IllegalArgumentException gone) {
                residue.handingOver = false; // The session ended meanwhile.
                parts.fetches.end(coming);
            }
        });
    }

    /** Runs a task when all that links have handed over until now can be read: they do so with their next turn. */
    private void settle(SessionHost.Export export, Runnable settled) {
        parts.turns.execute(() -> export.settle(() -> parts.turns.execute(settled)));
    }

    private void taken(Residue residue) {
        residue.handingOver = false;
        residue.kept.taken();
        offer(residue);
    }

    /** A registrar knows where the client is at home. */
    void onHome(String clientId, Rank winner) {
        for (Residue residue : List.copyOf(residues.getOrDefault(clientId, List.of()))) {
            if (residue.offered && !residue.handingOver && parts.peers.isInReach(winner.node())) {
                parts.peers.send(winner.node(), new Item.Offer(clientId, residue.kept.begin()));
            }
        }
    }

    /** The session has what was offered, and this node does not know: it crashed, or the other one did. */
    void onHave(String clientId, long fence) {
        Residue residue = offered(clientId);
        if (residue != null && residue.kept.begin() == fence) {
            taken(residue);
        }
    }

    private @Nullable Residue offered(String clientId) {
        for (Residue residue : residues.getOrDefault(clientId, List.of())) {
            if (residue.offered && !residue.handingOver) {
                return residue;
            }
        }
        return null;
    }

    /** The home of the client asks for what was offered. Returns whether there is something. */
    boolean onFetch(NodeId from, Item.Fetch item) {
        List.copyOf(residues.getOrDefault(item.clientId(), List.of())).stream()
                .filter(residue -> residue.kept.fence() < item.begun() && !residue.handingOver)
                .forEach(this::end);
        Residue residue = offered(item.clientId());
        if (residue == null) {
            return false;
        }
        residue.handingOver = true;
        HandingOver handingOver = new HandingOver(this, new Rank(item.fence(), from), item.ticket(), false);
        underWay.put(handingOver, residue);
        parts.peers.add(handingOver);
        parts.peers.send(from, new Item.Coming(item.ticket(), residue.kept.begin(), 0));
        SessionHost.Export export = residue.kept.export();
        settle(export, () -> {
            if (handingOver.stage() == HandingOver.Stage.FREEZING) {
                handingOver.begin(export);
                parts.peers.wake(from);
            }
        });
        return true;
    }

    @Override
    public void onReady(HandingOver handingOver) {
        handingOver.stage(HandingOver.Stage.SENDING_REST); // What comes now is for the next time.
        parts.peers.wake(handingOver.to);
    }

    @Override
    public void onTaken(HandingOver handingOver, Item.Taken item) {
        Residue residue = finish(handingOver);
        if (residue != null) {
            taken(residue);
        }
    }

    @Override
    public void onStopped(HandingOver handingOver) {
        Residue residue = finish(handingOver);
        if (residue != null) {
            residue.handingOver = false;
        }
    }

    private @Nullable Residue finish(HandingOver handingOver) {
        handingOver.stage(HandingOver.Stage.OVER);
        parts.peers.remove(handingOver);
        return underWay.remove(handingOver);
    }

    void onTick() {
        long now = parts.loop.nanoTime();
        for (Residue residue : all()) {
            ask(residue);
            if (residue.kept.isExpired()) {
                end(residue);
            } else if (!residue.offered || now - residue.soughtNanos > SEEK_AGAIN_NANOS) {
                offer(residue);
            }
        }
    }
}
