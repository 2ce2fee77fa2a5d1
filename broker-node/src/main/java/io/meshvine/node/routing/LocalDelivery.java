package io.meshvine.node.routing;

import io.meshvine.mesh.GroupKey;
import io.meshvine.node.session.ClientSession;
import io.meshvine.node.session.Delivery;
import io.meshvine.node.session.GroupFailover;
import io.meshvine.node.session.JournalBatch;
import io.meshvine.node.session.Match;
import io.meshvine.node.session.Message;
import io.meshvine.node.session.SubscriptionDirectory;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Hands a message to this node's sessions: every ordinary subscriber, one member of each shared subscription, and
 * another member where the first could not take it. Any thread.
 */
public final class LocalDelivery implements GroupFailover {

    private final SubscriptionDirectory directory;

    public LocalDelivery(SubscriptionDirectory directory) {
        this.directory = directory;
    }

    /** Delivers to all ordinary subscribers; returns whether there was one. Durable sessions keep it in the batch. */
    boolean deliverOrdinary(List<Match> matches, Message message, JournalBatch batch) {
        boolean any = false;
        Delivery delivery = null;
        for (Match match : matches) {
            Match own = match.forPublisher(message.publisherId());
            if (own == null) {
                continue; // its own message and No Local [MQTT-3.8.3-3]
            }
            if (delivery == null || !saysTheSame(delivery, own, message)) {
                delivery = delivery(own, message, null);
            }
            own.session().deliver(delivery, batch);
            any = true;
        }
        return any;
    }

    /** Delivers to a connected member of a shared subscription; false if all are away. */
    boolean deliverToConnected(GroupKey group, List<Match> members, Message message, JournalBatch batch) {
        return deliverShared(choose(members, true, null), group, message, batch);
    }

    /** Queues for a member that is away; false if none has a session that takes it. */
    boolean deliverToAway(GroupKey group, List<Match> members, Message message, JournalBatch batch) {
        return deliverShared(choose(members, false, null), group, message, batch);
    }

    @Override
    public boolean hasOtherMember(ClientSession unable, GroupKey group) {
        return choose(directory.members(group), true, unable) != null;
    }

    @Override
    public void redeliver(ClientSession unable, Delivery delivery, JournalBatch batch) {
        GroupKey group = delivery.group();
        if (group != null) {
            List<Match> members = directory.members(group);
            members = members.stream()
                    .filter(member ->
                            member.session().mayRead(delivery.message().topic()))
                    .toList();
            Match other = choose(members, true, unable);
            // The one that was offered may have left since: then the message waits for whoever comes back first.
            deliverShared(other != null ? other : choose(members, false, null), group, delivery.message(), batch);
        }
    }

    private static boolean deliverShared(@Nullable Match member, GroupKey group, Message message, JournalBatch batch) {
        return member != null && member.session().deliver(delivery(member, message, group), batch);
    }

    private static Delivery delivery(Match match, Message message, @Nullable GroupKey group) {
        return new Delivery(message, qosOf(match, message), retainOf(match, message), match.subscriptionIds(), group);
    }

    /** Subscribers that get equal packets share one delivery. */
    private static boolean saysTheSame(Delivery delivery, Match match, Message message) {
        return delivery.qos() == qosOf(match, message)
                && delivery.retain() == retainOf(match, message)
                && Arrays.equals(delivery.subscriptionIds(), match.subscriptionIds());
    }

    private static int qosOf(Match match, Message message) {
        return Math.min(message.qos(), match.qos()); // MQTT 5, 3.8.4
    }

    private static boolean retainOf(Match match, Message message) {
        return message.isRetain() && match.retainAsPublished(); // [MQTT-3.3.1-12], [MQTT-3.3.1-13]
    }

    /** Starts at a random member, so that load spreads without a counter that all publishers share. */
    private static @Nullable Match choose(List<Match> members, boolean connected, @Nullable ClientSession except) {
        int size = members.size();
        if (size == 0) {
            return null;
        }
        int start = size == 1 ? 0 : ThreadLocalRandom.current().nextInt(size);
        for (int i = 0; i < size; i++) {
            Match member = members.get((start + i) % size);
            if (member.session() != except && member.session().isConnected() == connected) {
                return member;
            }
        }
        return null;
    }
}
