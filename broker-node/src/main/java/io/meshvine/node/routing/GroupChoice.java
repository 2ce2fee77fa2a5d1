package io.meshvine.node.routing;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.interest.PeerInterest;
import io.meshvine.node.routing.LocalDelivery.Members;
import io.meshvine.node.session.Match;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Chooses who gets a publish of a shared subscription: a member that is connected, wherever it is, before any that is
 * away (MQTT 5, 4.8.2). Looks only. Any thread.
 */
final class GroupChoice {

    private final NodeId self;
    private final PeerMembers members;

    GroupChoice(NodeId self, PeerMembers members) {
        this.self = self;
        this.members = members;
    }

    /** One of the two is not null: a member here, or a peer that is to find one there. */
    record Chosen(@Nullable Match here, @Nullable PeerInterest there) {

        static Chosen here(Match member) {
            return new Chosen(member, null);
        }

        static Chosen there(PeerInterest peer) {
            return new Chosen(null, peer);
        }
    }

    /** Among whom is chosen: members here, and those of peers, less one of them. */
    record Candidates(
            GroupKey group,
            Members here,
            List<PeerInterest> peers,
            @Nullable NodeId except) {

        private boolean allows(PeerInterest peer) {
            return !peer.peer().equals(except);
        }
    }

    /** Any number; the same one for one topic where its members are to stay the same. */
    static int seed(SharedStrategy strategy, String topic) {
        return strategy == SharedStrategy.TOPIC
                ? topic.hashCode() * 0x9E3779B9
                : ThreadLocalRandom.current().nextInt();
    }

    /** A member that is connected and has room, or null. */
    @Nullable
    Chosen connected(Candidates all, SharedStrategy strategy, int seed) {
        Match ready = all.here().ready(seed);
        if (ready != null && (strategy == SharedStrategy.LOCAL || all.peers().isEmpty())) {
            return Chosen.here(ready);
        }
        List<PeerInterest> live = new ArrayList<>(all.peers().size());
        for (PeerInterest peer : all.peers()) {
            if (isLive(peer, all.group()) && all.allows(peer)) {
                live.add(peer);
            }
        }
        if (live.isEmpty()) {
            return ready == null ? null : Chosen.here(ready);
        }
        return switch (strategy) {
            case LOCAL -> Chosen.there(leastLoaded(live, seed));
            case RANDOM -> {
                int place = Math.floorMod(seed, live.size() + (ready == null ? 0 : 1));
                yield place < live.size() || ready == null ? Chosen.there(live.get(place)) : Chosen.here(ready);
            }
            case TOPIC -> byTopic(live, ready, seed);
        };
    }

    /** The better one of two, so that not all publishers run to the same. */
    private PeerInterest leastLoaded(List<PeerInterest> live, int seed) {
        int size = live.size();
        int first = Math.floorMod(seed, size);
        if (size == 1) {
            return live.get(first);
        }
        PeerInterest one = live.get(first);
        PeerInterest other = live.get((first + 1 + Math.floorMod(seed >> 16, size - 1)) % size);
        return members.load(other.peer()) < members.load(one.peer()) ? other : one;
    }

    /** All nodes see the same order. */
    private Chosen byTopic(List<PeerInterest> live, @Nullable Match ready, int seed) {
        live.sort(Comparator.comparing(PeerInterest::peer));
        if (ready == null) {
            return Chosen.there(live.get(Math.floorMod(seed, live.size())));
        }
        int own = 0;
        while (own < live.size() && live.get(own).peer().compareTo(self) < 0) {
            own++;
        }
        int place = Math.floorMod(seed, live.size() + 1);
        return place == own ? Chosen.here(ready) : Chosen.there(live.get(place < own ? place : place - 1));
    }

    /** A member that is away and for which it waits: here, at a peer that is there, at one that is away; or null. */
    @Nullable
    Chosen away(Candidates all, int seed) {
        Match away = all.here().away(seed); // nobody is connected
        if (away != null) {
            return Chosen.here(away);
        }
        PeerInterest found = null;
        for (PeerInterest peer : all.peers()) {
            if (peer.qos() > 0 && all.allows(peer) && (found == null || (found.absent() && !peer.absent()))) {
                found = peer;
            }
        }
        return found == null ? null : Chosen.there(found);
    }

    boolean hasLivePeer(GroupKey group, List<PeerInterest> peers) {
        for (PeerInterest peer : peers) {
            if (isLive(peer, group)) {
                return true;
            }
        }
        return false;
    }

    private boolean isLive(PeerInterest peer, GroupKey group) {
        return !peer.absent() && members.isLive(peer.peer(), group);
    }
}
