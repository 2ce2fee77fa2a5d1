package io.meshvine.mesh.session;

import io.meshvine.mesh.NodeId;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Clean starts that some node has not heard of, because it was out of reach: by which claim a client's session began anew,
 * whatever became of that session since. What is older anywhere is over. Each is durable at its node before the client is
 * told, and told to every node in reach and to those that come into reach; who hears of it keeps it too, and ends what it
 * has of an older session. They are kept as long as nodes keep what they accept for others, and no more than so many.
 * Confined to the bridge loop.
 */
final class CleanStarts {

    /** The oldest of more are forgotten. */
    static final int MAX = 100_000;

    /** Of those told to a node that came into reach, so many go at once. */
    private static final int AT_ONCE = 512;

    private final DirectoryParts parts;
    private final LinkPositions links;

    /** By client, in about the order of the claims. */
    private final LinkedHashMap<String, Long> fences = new LinkedHashMap<>();

    /** Clients of whom something older may be here that could not be ended yet. */
    private final Set<String> toEnd = new LinkedHashSet<>();

    /** What is still to be told to nodes that came into reach. */
    private final Map<NodeId, Deque<String>> untold = new LinkedHashMap<>();

    private boolean telling;
    private long forgotten;

    CleanStarts(DirectoryParts parts, LinkPositions links) {
        this.parts = parts;
        this.links = links;
    }

    int size() {
        return fences.size();
    }

    /** For which there was no room. */
    long forgotten() {
        return forgotten;
    }

    /** By which claim the client's session began anew at last; 0 if that is not known. */
    private long of(String clientId) {
        return fences.getOrDefault(clientId, 0L);
    }

    // ---- Here

    void restored(String clientId, long fence) {
        put(clientId, fence);
    }

    /** Whether some node cannot be told now that a session begins anew. */
    boolean isNews() {
        return links.known().stream().anyMatch(node -> !parts.peers.isInReach(node));
    }

    /** A session begins anew with the last claim. */
    void begin(Home home, Runnable kept) {
        Item.Began item = new Item.Began(home.clientId, home.fence);
        put(item.clientId(), item.fence());
        toEnd.add(item.clientId()); // What is left here of older sessions; the one that was whole gives way now.
        parts.host.keepBegun(item.clientId(), item.fence(), kept);
        parts.peers.inReach().forEach(peer -> parts.peers.send(peer, item));
    }

    /** A session goes on: without what is older, which ends, and not by a claim that is older. */
    void applyTo(Home home) {
        long begun = of(home.clientId);
        if (begun > home.begun) {
            if (home.exists && home.grantedFence < begun) {
                parts.host.end(home.clientId, () -> {}); // Everything that is written from now on is behind it.
                home.exists = false;
            }
            home.begun = begun;
            home.fence = Math.max(home.fence, begun + 1);
        }
    }

    /** The session of an earlier life of this node goes on, unless it is over. */
    void onRestored(Home home) {
        long begun = of(home.clientId);
        if (home.grantedFence < begun) {
            toEnd.add(home.clientId);
        } else {
            home.begun = Math.max(home.begun, begun);
        }
    }

    private void put(String clientId, long fence) {
        fences.remove(clientId);
        fences.put(clientId, fence);
        if (fences.size() > MAX) {
            forgotten++;
            forgetFirst();
        }
    }

    private void forgetFirst() {
        Iterator<String> first = fences.keySet().iterator();
        String clientId = first.next();
        first.remove();
        parts.host.forgetBegun(clientId);
    }

    // ---- Peers

    void onConnected(NodeId peer) {
        if (!fences.isEmpty()) {
            untold.put(peer, new ArrayDeque<>(fences.keySet()));
            tell();
        }
    }

    void onInterrupted(NodeId peer) {
        untold.remove(peer);
    }

    private void tell() {
        telling = false;
        if (parts.peers.isBusy()) {
            return; // The next tick goes on.
        }
        untold.forEach((peer, clients) -> {
            for (int i = 0; i < AT_ONCE && !clients.isEmpty(); i++) {
                String clientId = clients.remove();
                long fence = of(clientId);
                if (fence != 0) {
                    parts.peers.send(peer, new Item.Began(clientId, fence));
                }
            }
        });
        untold.values().removeIf(Deque::isEmpty);
        tellSoon();
    }

    private void tellSoon() {
        if (!telling && !untold.isEmpty()) {
            telling = true;
            parts.turns.execute(this::tell);
        }
    }

    /** Another node knows of a clean start. */
    void onBegan(Item.Began item) {
        if (item.fence() > of(item.clientId()) && !isExpired(item.fence())) {
            put(item.clientId(), item.fence());
            parts.host.keepBegun(item.clientId(), item.fence(), () -> {});
            if (!isOver(item.clientId())) {
                toEnd.add(item.clientId());
            }
        }
    }

    /** Ends what is here of an older session. Returns false if that is not possible now. */
    private boolean isOver(String clientId) {
        long begun = of(clientId);
        boolean over = parts.residues.endOlder(clientId, begun);
        Home home = parts.homes.get(clientId);
        if (home == null || !isOld(home)) {
            return over;
        }
        if (home.isAtRest()) {
            parts.handOvers.endHere(home);
        }
        return false;
    }

    /** Whether what is here of a client is of a session that ended elsewhere. */
    boolean isOld(Home home) {
        return home.exists && home.grantedFence < of(home.clientId);
    }

    // ---- Time

    /** A fence is at least the time of its claim in milliseconds. */
    private boolean isExpired(long fence) {
        return parts.loop.wallMillis() - fence > parts.options.cleanStartsKept().toMillis();
    }

    void onTick() {
        List.copyOf(toEnd).stream().filter(this::isOver).forEach(toEnd::remove);
        while (!fences.isEmpty() && isExpired(fences.values().iterator().next())) {
            forgetFirst();
        }
        tellSoon();
    }
}
