package io.meshvine.node.routing;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.interest.SharedFilter;
import io.meshvine.mesh.interest.TopicFilters;
import io.meshvine.node.session.ClientSession;
import io.meshvine.node.session.Delivery;
import io.meshvine.node.session.JournalBatch;
import io.meshvine.node.session.Match;
import io.meshvine.node.session.Message;
import io.meshvine.node.session.SubscriptionDirectory;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Hands a message to this node's sessions: every ordinary subscriber, and of a shared subscription the member that
 * {@link SharedDelivery} chooses. Any thread.
 */
public final class LocalDelivery {

    private final SubscriptionDirectory directory;

    public LocalDelivery(SubscriptionDirectory directory) {
        this.directory = directory;
    }

    /** Delivers to all ordinary subscribers; returns whether there was one. Durable sessions keep it in the batch. */
    boolean deliverOrdinary(List<Match> matches, Message message, JournalBatch batch) {
        boolean any = false;
        Delivery delivery = null;
        for (int i = 0; i < matches.size(); i++) { // an iterator for each message would show
            Match own = matches.get(i).forPublisher(message.publisherId());
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

    /**
     * The members of a shared subscription on this node who may read a topic. Each call looks at them as they are now.
     *
     * @param except is not chosen; null for nobody
     */
    record Members(
            List<Match> matches, String topic, @Nullable ClientSession except) {

        /** A connected member that has room, or null. */
        @Nullable
        Match ready(int seed) {
            return choose(
                    seed,
                    member -> member.session().isConnected()
                            && member.session().hasRoom()
                            && !member.session().isCrowded());
        }

        /** A connected member, or null. */
        @Nullable
        Match connected(int seed) {
            return choose(seed, member -> member.session().isConnected());
        }

        /** A member that is away and for which messages of QoS 1 and 2 wait, or null. */
        @Nullable
        Match away(int seed) {
            return choose(seed, member -> member.qos() > 0 && member.session().hasRoom());
        }

        /** Whether a session of a member outlives its connection, and so the node. */
        boolean outliveTheNode() {
            for (Match member : matches) {
                if (member.qos() > 0 && member.session().isDurable()) {
                    return true;
                }
            }
            return false;
        }

        /** Any member, or null. */
        @Nullable
        Match any(int seed) {
            return choose(seed, member -> !member.session().isEnded());
        }

        private @Nullable Match choose(int seed, Predicate<Match> suits) {
            int size = matches.size();
            int start = size == 0 ? 0 : Math.floorMod(seed, size);
            for (int i = 0; i < size; i++) {
                Match member = matches.get((start + i) % size);
                if (member.session() != except
                        && suits.test(member)
                        && member.session().mayRead(topic)) {
                    return member;
                }
            }
            return null;
        }
    }

    /** The group of a filter as a client wrote it; null for an ordinary subscription. */
    static @Nullable GroupKey groupOf(String filter) {
        SharedFilter shared = TopicFilters.isShared(filter) ? TopicFilters.parseShared(filter) : null;
        return shared == null ? null : new GroupKey(shared.group(), shared.filter());
    }

    Members members(GroupKey group, Message message, @Nullable ClientSession except) {
        return new Members(directory.members(group), message.topic(), except);
    }

    /** Whether a member here is connected. */
    boolean hasConnected(GroupKey group) {
        for (Match member : directory.members(group)) {
            if (member.session().isConnected()) {
                return true;
            }
        }
        return false;
    }

    /** Whether there are members here and none is connected. */
    boolean isAway(GroupKey group) {
        return !directory.members(group).isEmpty() && !hasConnected(group);
    }

    /** Delivers to a member of a shared subscription; false if it was refused, which is counted, or there is none. */
    boolean deliver(@Nullable Match member, GroupKey group, Message message, JournalBatch batch) {
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
}
