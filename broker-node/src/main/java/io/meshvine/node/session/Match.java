package io.meshvine.node.session;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What one client is to get of a topic: one copy, however many of its subscriptions match. Immutable; compared by
 * identity.
 */
public final class Match {

    private final ClientSession session;
    private final int qos;
    private final boolean retainAsPublished;
    private final int[] subscriptionIds;

    /** What the client gets of its own publishes: this, less the subscriptions with no-local; null for nothing. */
    private final @Nullable Match echo;

    private Match(
            ClientSession session,
            int qos,
            boolean retainAsPublished,
            int[] subscriptionIds,
            @Nullable Match localEcho,
            boolean noLocal) {
        this.session = session;
        this.qos = qos;
        this.retainAsPublished = retainAsPublished;
        this.subscriptionIds = subscriptionIds;
        this.echo = noLocal ? localEcho : this;
    }

    static Match of(ClientSession session, Subscription subscription) {
        int id = subscription.identifier();
        int[] ids = id == Subscription.NO_IDENTIFIER ? Delivery.NO_IDS : new int[] {id};
        return new Match(
                session, subscription.qos(), subscription.retainAsPublished(), ids, null, subscription.noLocal());
    }

    /**
     * One copy for two matches of the same client: the higher QoS [MQTT-3.3.4-2], all identifiers, repeats included
     * [MQTT-3.3.4-4]. Retain as published, which the standard leaves open here, is that of the subscription with the
     * higher QoS; of two with the same QoS it is enough that one asks for it.
     */
    static Match merge(Match one, Match other) {
        int qos = Math.max(one.qos, other.qos);
        boolean retainAsPublished =
                (one.qos == qos && one.retainAsPublished) || (other.qos == qos && other.retainAsPublished);
        int[] ids = concat(one.subscriptionIds, other.subscriptionIds);
        boolean noLocal = one.echo != one || other.echo != other;
        return new Match(
                one.session, qos, retainAsPublished, ids, noLocal ? mergeEchoes(one.echo, other.echo) : null, noLocal);
    }

    private static @Nullable Match mergeEchoes(@Nullable Match one, @Nullable Match other) {
        if (one == null) {
            return other;
        }
        return other == null ? one : merge(one, other);
    }

    private static int[] concat(int[] one, int[] other) {
        if (one.length == 0) {
            return other;
        }
        int[] all = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, all, one.length, other.length);
        return all;
    }

    public ClientSession session() {
        return session;
    }

    /** Highest QoS granted, 0 to 2. */
    public int qos() {
        return qos;
    }

    /** Whether the RETAIN flag is passed on as the publisher set it [MQTT-3.3.1-13]. */
    public boolean retainAsPublished() {
        return retainAsPublished;
    }

    /** Identifiers of all subscriptions that matched. Not to be changed. */
    public int[] subscriptionIds() {
        return subscriptionIds;
    }

    /**
     * What the client gets of a publish of that client id, or null for nothing: its own publishes do not match its
     * subscriptions with no-local [MQTT-3.8.3-3], but still match the others.
     */
    public @Nullable Match forPublisher(String publisherId) {
        return echo == this || !publisherId.equals(session.clientId()) ? this : echo;
    }

    @Override
    public String toString() {
        return "Match[" + session.clientId() + ", qos=" + qos + ", retainAsPublished=" + retainAsPublished + ", ids="
                + Arrays.toString(subscriptionIds) + (echo == this ? "" : ", own=" + echo) + "]";
    }
}
