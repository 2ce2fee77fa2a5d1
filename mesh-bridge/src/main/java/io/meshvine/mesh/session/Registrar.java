package io.meshvine.mesh.session;

import io.meshvine.mesh.NodeId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What this node keeps for the mesh: which nodes hold something of a client, and under which fence. Each node alone says
 * what it holds; what it said on an earlier link goes when it has said everything again. Confined to the bridge loop.
 */
final class Registrar {

    private final NodeId self;
    private final int maxClients;
    private final Predicate<NodeId> isInReach;
    private final Rivalry rivalry;
    private final Shards<Registration> clients = new Shards<>();

    /** Counts the links to each node: what is of an earlier one is void once the node has swept. */
    private final Map<NodeId, Integer> generations = new HashMap<>();

    private final Map<NodeId, Integer> swept = new HashMap<>();
    private int cleaned = Shards.COUNT;
    private long refused;

    /** Is told of a node that holds a client to which another one has the better claim. */
    @FunctionalInterface
    interface Rivalry {
        void onSuperseded(NodeId loser, String clientId, Rank winner);
    }

    /** What one node holds of a client; several nodes make a list. */
    private static final class Registration {
        final NodeId node;
        final int generation;
        final long fence;
        final boolean connected;
        final boolean whole;

        @Nullable
        Registration next;

        Registration(
                NodeId node,
                int generation,
                long fence,
                boolean connected,
                boolean whole,
                @Nullable Registration next) {
            this.node = node;
            this.generation = generation;
            this.fence = fence;
            this.connected = connected;
            this.whole = whole;
            this.next = next;
        }

        Registration before(@Nullable Registration rest) {
            return new Registration(node, generation, fence, connected, whole, rest);
        }

        Rank rank() {
            return new Rank(fence, node);
        }
    }

    Registrar(NodeId self, int maxClients, Predicate<NodeId> isInReach, Rivalry rivalry) {
        this.self = self;
        this.maxClients = maxClients;
        this.isInReach = isInReach;
        this.rivalry = rivalry;
    }

    /** A client connects at a node: registers it under a fence above all others, and tells who else holds something. */
    Item.Claimed claim(NodeId claimant, Item.Claim claim) {
        long fence = claim.hint();
        List<Holder> holders = new ArrayList<>(1);
        for (Registration each = clients.get(claim.clientId()); each != null; each = each.next) {
            fence = Math.max(fence, each.fence + 1);
            if (!each.node.equals(claimant) && isLive(each)) {
                holders.add(new Holder(each.rank(), each.whole));
            }
        }
        put(claim.clientId(), claimant, fence, true, claim.whole());
        return new Item.Claimed(claim.clientId(), claim.ticket(), fence, holders);
    }

    /** A node holds something of a client. */
    void register(NodeId node, Item.Register item) {
        put(item.clientId(), node, item.fence(), item.connected(), item.whole());
        Rank best = best(item.clientId());
        Registration first = clients.get(item.clientId());
        if (best == null || first == null || first.next == null) {
            return;
        }
        for (Registration each = first; each != null; each = each.next) {
            if (isLive(each) && !each.node.equals(best.node())) {
                rivalry.onSuperseded(each.node, item.clientId(), best);
            }
        }
    }

    /** A node looks for a better claim than that. */
    void seek(NodeId node, Item.Seek item) {
        Rank best = best(item.clientId());
        if (best != null && best.fence() > item.fence()) {
            rivalry.onSuperseded(node, item.clientId(), best);
        }
    }

    void unregister(NodeId node, String clientId) {
        Registration rest = without(clients.get(clientId), node);
        if (rest == null) {
            clients.remove(clientId);
        } else {
            clients.put(clientId, rest);
        }
    }

    private void put(String clientId, NodeId node, long fence, boolean connected, boolean whole) {
        Registration others = without(clients.get(clientId), node);
        if (others == null && clients.size() >= maxClients && clients.get(clientId) == null) {
            refused++;
            return;
        }
        clients.put(clientId, new Registration(node, generation(node), fence, connected, whole, others));
    }

    private static @Nullable Registration without(@Nullable Registration list, NodeId node) {
        Registration kept = null;
        for (Registration each = list; each != null; each = each.next) {
            if (!each.node.equals(node)) {
                kept = each.before(kept);
            }
        }
        return kept;
    }

    private @Nullable Rank best(String clientId) {
        Rank best = null;
        for (Registration each = clients.get(clientId); each != null; each = each.next) {
            if (isLive(each) && (best == null || each.rank().compareTo(best) > 0)) {
                best = each.rank();
            }
        }
        return best;
    }

    /** Where a client is connected, as far as this node is its registrar. */
    Optional<NodeId> connectedAt(String clientId) {
        Registration best = null;
        for (Registration each = clients.get(clientId); each != null; each = each.next) {
            boolean counts = each.connected && isLive(each);
            if (counts && (best == null || each.rank().compareTo(best.rank()) > 0)) {
                best = each;
            }
        }
        return Optional.ofNullable(best).map(each -> each.node);
    }

    /** Where a client is at home, as far as this node is its registrar. */
    @Nullable
    Rank home(String clientId) {
        return best(clientId);
    }

    private boolean isLive(Registration each) {
        if (!each.node.equals(self) && !isInReach.test(each.node)) {
            return false;
        }
        return each.generation >= swept.getOrDefault(each.node, 0);
    }

    // ---- Nodes that come and go

    private int generation(NodeId node) {
        return generations.getOrDefault(node, 0);
    }

    /** A node can be talked to; it registers everything again. */
    void onConnected(NodeId node) {
        generations.merge(node, 1, Integer::sum);
    }

    /** A node has registered everything. */
    void onSwept(NodeId node) {
        swept.put(node, generation(node));
        cleaned = 0;
    }

    /** A node is out of reach: what it said does not count until it says it again. */
    void onGone(NodeId node) {
        generations.merge(node, 1, Integer::sum);
        swept.put(node, generation(node));
        cleaned = 0;
    }

    /** Forgets a part of what is void. Returns whether there is more to do. */
    boolean clean() {
        if (cleaned == Shards.COUNT) {
            return false;
        }
        for (String clientId : List.copyOf(clients.part(cleaned).keySet())) {
            Registration kept = null;
            for (Registration each = clients.get(clientId); each != null; each = each.next) {
                if (isLive(each)) {
                    kept = each.before(kept);
                }
            }
            if (kept == null) {
                clients.remove(clientId);
            } else {
                clients.put(clientId, kept);
            }
        }
        cleaned++;
        return cleaned < Shards.COUNT;
    }

    /** Client ids that are kept. */
    int size() {
        return clients.size();
    }

    /** Registrations for which there was no room. */
    long refused() {
        return refused;
    }
}
