package io.meshvine.node.routing;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.HandOn;
import io.meshvine.mesh.Interest;
import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.MeshTarget;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.WriteUnit;
import io.meshvine.mesh.group.GroupMembers;
import io.meshvine.mesh.interest.InterestIndex;
import io.meshvine.mesh.interest.PeerInterest;
import io.meshvine.node.routing.GroupChoice.Candidates;
import io.meshvine.node.routing.GroupChoice.Chosen;
import io.meshvine.node.routing.LocalDelivery.Members;
import io.meshvine.node.routing.Route.SharedRoute;
import io.meshvine.node.session.ClientSession;
import io.meshvine.node.session.Delivery;
import io.meshvine.node.session.DropReason;
import io.meshvine.node.session.GroupCustody;
import io.meshvine.node.session.GroupCustody.Held;
import io.meshvine.node.session.GroupFailover;
import io.meshvine.node.session.Journal;
import io.meshvine.node.session.JournalBatch;
import io.meshvine.node.session.Match;
import io.meshvine.node.session.Message;
import io.meshvine.node.session.PublishCodec;
import io.meshvine.node.session.SessionCounters;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Shared subscriptions: each publish to one member of each group, mesh-wide, and to another one where the first did not
 * acknowledge it. A connected member comes before any that is away; what waits for one that is away goes to the first that
 * is connected again. Any thread.
 */
public final class SharedDelivery implements GroupFailover, GroupMembers {

    /**
     * Where members may not read what others may, nodes could hand a message to each other for ever: a message that was
     * handed on so often stays where it can wait.
     */
    private static final int MAX_HOPS = 8;

    /** So many calls of {@link #distribute}, half a minute of them, clients and peers may take to come back. */
    private static final int PATIENCE_FOR_ADOPTED = 120;

    private final LocalDelivery local;
    private final InterestIndex interest;
    private final MeshGate mesh;
    private final PeerMembers peers;
    private final MeshPublishes publishes;
    private final Journal journal;
    private final SessionCounters counters;
    private final GroupCustody custody;
    private final SharedStrategy strategy;
    private final GroupChoice choice;
    private final ParkedDeliveries parked = new ParkedDeliveries();
    /** Changed before the node serves and by {@link #distribute} only. */
    private final List<Held> adopted = new ArrayList<>(0);

    private int adoptedFor;
    private final LongAdder handedOn = new LongAdder();

    /**
     * @param interest what peers want
     * @param counters where it is counted when nobody is left to take a message
     * @param custody has what would be lost with this node
     */
    public SharedDelivery(
            NodeId self,
            SharedStrategy strategy,
            LocalDelivery local,
            InterestIndex interest,
            MeshGate mesh,
            PeerMembers peers,
            MeshPublishes publishes,
            Journal journal,
            SessionCounters counters,
            GroupCustody custody) {
        this.strategy = strategy;
        this.local = local;
        this.interest = interest;
        this.mesh = mesh;
        this.peers = peers;
        this.publishes = publishes;
        this.journal = journal;
        this.counters = counters;
        this.custody = custody;
        this.choice = new GroupChoice(self, peers);
    }

    /** Publishes that members here could not take and that went to another node's. */
    public long handedOn() {
        return handedOn.sum();
    }

    /** Groups of which something waits here for clients that are away. */
    public int parkedGroups() {
        return parked.size();
    }

    // ---- A publish of this node's clients

    /** Delivers to the members here that were chosen, and names the peers that get it for theirs. */
    SharedChoice publish(Route route, Message message, JournalBatch batch) {
        SharedChoice.Builder all = new SharedChoice.Builder();
        for (SharedRoute shared : route.shared()) {
            Members here = new Members(shared.here(), message.topic(), null);
            Candidates candidates = new Candidates(shared.key(), here, shared.peers(), null);
            Chosen chosen = deliver(candidates, message, strategy, batch, all);
            if (chosen != null && chosen.there() != null) {
                all.add(shared.key(), chosen.there());
            } else if (chosen != null) {
                all.deliveredHere();
            } else {
                counters.onDropped(DropReason.QOS0_OFFLINE); // all are away, and at peers
            }
        }
        return all.build(route.targets(message.qos()));
    }

    /**
     * Delivers if the choice is a member here.
     *
     * @param publisher waits until the message cannot be lost with this node; null if nobody does
     * @return the choice, or null if there is nobody who could take it
     */
    private @Nullable Chosen deliver(
            Candidates candidates,
            Message message,
            SharedStrategy by,
            JournalBatch batch,
            SharedChoice.@Nullable Builder publisher) {
        while (true) {
            Chosen chosen = choose(candidates, message, by);
            Match here = chosen == null ? null : chosen.here();
            if (here == null
                    || deliver(here, candidates, message, batch, publisher)
                    || !here.session().isEnded()) {
                return chosen;
            } // else it ended a moment ago: there may be others
        }
    }

    private boolean deliver(
            Match here,
            Candidates candidates,
            Message message,
            JournalBatch batch,
            SharedChoice.@Nullable Builder publisher) {
        GroupKey group = candidates.group();
        if (publisher == null || !isLostWithNode(here, candidates, message)) {
            return local.deliver(here, group, message, batch);
        }
        Held held = custody.take(message, group);
        boolean taken = local.deliver(here, group, held.message(), batch);
        held.message().release();
        if (taken) {
            publisher.waitFor(held);
        }
        return taken;
    }

    /** A member whose session ends with the node has it, and others would still be there. */
    private static boolean isLostWithNode(Match here, Candidates candidates, Message message) {
        return Math.min(message.qos(), here.qos()) > 0
                && !here.session().isDurable()
                && (!candidates.peers().isEmpty() || candidates.here().outliveTheNode());
    }

    private @Nullable Chosen choose(Candidates candidates, Message message, SharedStrategy by) {
        int seed = GroupChoice.seed(by, message.topic());
        Chosen connected = choice.connected(candidates, by, seed);
        if (connected != null) {
            return connected;
        }
        Chosen away = message.qos() == 0 ? null : choice.away(candidates, seed);
        if (away != null) {
            return away;
        }
        Match refusing = candidates.here().any(seed); // it has no room, or takes no QoS 0 now, and counts that
        return refusing == null ? null : Chosen.here(refusing);
    }

    // ---- A publish of a peer

    /** Delivers what a peer has for a member here, or hands it on if none can take it. */
    void arrived(GroupKey group, Message message, JournalBatch batch) {
        Candidates candidates =
                new Candidates(group, local.members(group, message, null), interest.members(group), null);
        Chosen chosen = deliver(candidates, message, SharedStrategy.LOCAL, batch, null);
        if (chosen == null) {
            counters.onDropped(DropReason.NO_MEMBER);
        } else if (chosen.there() != null) {
            handOn(List.of(handOn(group, message, chosen.there())), null);
        }
    }

    // ---- A member that does not take it

    @Override
    public boolean hasOtherMember(ClientSession unable, GroupKey group, Message message, boolean evenAway) {
        Members here = local.members(group, message, unable);
        List<PeerInterest> elsewhere = message.hops() < MAX_HOPS ? interest.members(group) : List.of();
        return here.connected(0) != null
                || choice.hasLivePeer(group, elsewhere)
                || (evenAway && (here.any(0) != null || !elsewhere.isEmpty()));
    }

    @Override
    public void redeliver(ClientSession unable, List<Delivery> deliveries, JournalBatch batch) {
        List<HandOn> elsewhere = new ArrayList<>();
        for (Delivery delivery : deliveries) {
            GroupKey group = delivery.group();
            if (group == null) {
                throw new IllegalArgumentException("not of a shared subscription: " + delivery.message());
            }
            Message message = delivery.message();
            Candidates candidates =
                    new Candidates(group, local.members(group, message, unable), interest.members(group), null);
            Chosen other = choice.connected(candidates, SharedStrategy.LOCAL, seed(message));
            if (other == null && !unable.isEnded()) {
                // Who was offered has left since: it waits where it was.
                unable.deliver(delivery, batch);
                continue;
            }
            Chosen chosen = deliver(candidates, message, SharedStrategy.LOCAL, batch, null);
            if (chosen == null) {
                counters.onDropped(DropReason.NO_MEMBER);
            } else if (chosen.there() != null) {
                elsewhere.add(handOn(group, message, chosen.there()));
            }
        }
        if (!elsewhere.isEmpty()) {
            handOn(elsewhere, batch.takeForMesh());
        }
    }

    private static int seed(Message message) {
        return GroupChoice.seed(SharedStrategy.LOCAL, message.topic());
    }

    /** It loses its RETAIN flag: what was retained is so already, and this is no new state. */
    private HandOn handOn(GroupKey group, Message message, PeerInterest peer) {
        MeshPublish publish = publishes.of(message, null, PublishCodec.encodeNextHop(message));
        message.retain();
        return new HandOn(publish, new MeshTarget(peer.peer(), false, peer.qos(), List.of(group)), message::release);
    }

    private void handOn(List<HandOn> all, @Nullable WriteUnit unit) {
        handedOn.add(all.size());
        mesh.handOn(all, unit);
    }

    // ---- What waits for members that are away

    @Override
    public void parked(ClientSession session, GroupKey group) {
        parked.add(session, group);
    }

    /** Takes what the node's earlier life had in custody: it goes to whoever is there, once somebody is. */
    public void adopt(List<Held> left) {
        adopted.addAll(left);
    }

    /** To be called again and again: members that are connected by now get what waits here for others. */
    public void distribute() {
        distributeAdopted();
        distributeParked();
    }

    private void distributeAdopted() {
        if (adopted.isEmpty()) {
            return;
        }
        adoptedFor++;
        JournalBatch batch = journal.batch();
        adopted.removeIf(held -> giveAdopted(held, batch));
        batch.commit();
    }

    /** Returns whether it is over. */
    private boolean giveAdopted(Held held, JournalBatch batch) {
        Message message = held.message();
        GroupKey group = held.group();
        Candidates candidates =
                new Candidates(group, local.members(group, message, null), interest.members(group), null);
        Chosen chosen = choice.connected(candidates, SharedStrategy.LOCAL, seed(message));
        if (chosen == null && adoptedFor < PATIENCE_FOR_ADOPTED) {
            return false; // clients and peers are still on their way
        }
        chosen = chosen != null ? chosen : choice.away(candidates, seed(message));
        if (chosen == null) {
            counters.onDropped(DropReason.NO_MEMBER);
        } else if (chosen.there() != null) {
            handOn(List.of(handOn(group, message, chosen.there())), null);
        } else {
            local.deliver(chosen.here(), group, message, batch);
        }
        message.release();
        return true;
    }

    private void distributeParked() {
        for (GroupKey group : parked.groups()) {
            if (local.hasConnected(group) || choice.hasLivePeer(group, interest.members(group))) {
                for (ClientSession holder : parked.holders(group)) {
                    parked.remove(holder, group);
                    holder.reassignShared();
                }
            }
        }
    }

    @Override
    public void onPresence(ClientSession session) {
        for (String filter : session.subscriptions().keySet()) {
            GroupKey group = LocalDelivery.groupOf(filter);
            if (group != null) {
                peers.recheck(group);
            }
        }
    }

    // ---- What the ledger asks

    @Override
    public boolean isAway(GroupKey group) {
        return local.isAway(group);
    }

    @Override
    public boolean redeliver(MeshPublish publish, GroupKey group, NodeId gone) {
        // Where it has durable members there, it may have kept the publish, and is no choice itself.
        Interest there = interest.get(gone, group);
        boolean mayHaveIt = there != null && there.durable();
        Message message = publishes.message(withoutRetain(publish));
        Candidates candidates = new Candidates(
                group, local.members(group, message, null), interest.members(group), mayHaveIt ? gone : null);
        JournalBatch batch = journal.batch();
        try {
            int seed = seed(message);
            Chosen chosen = choice.connected(candidates, SharedStrategy.LOCAL, seed);
            if (chosen == null && !mayHaveIt) {
                chosen = choice.away(candidates, seed);
            }
            if (chosen == null) {
                return false;
            }
            if (chosen.there() != null) {
                handOn(List.of(handOn(group, message, chosen.there())), null);
                return true;
            }
            return local.deliver(chosen.here(), group, message, batch);
        } finally {
            batch.commit();
            message.release();
        }
    }

    private static MeshPublish withoutRetain(MeshPublish publish) {
        return publish.stamp() == null
                ? publish
                : new MeshPublish(
                        publish.topic(),
                        publish.qos(),
                        false,
                        null,
                        publish.acceptedNanos(),
                        publish.expirySeconds(),
                        publish.body());
    }
}
