package io.meshvine.mesh.interest;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.Interest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What this node asks of its peers: counts the local subscriptions per group, filter and QoS, and reduces the ordinary
 * filters to a covering set. A filter is advertised unless another one covers it that is of the same or a higher QoS and,
 * if this one is durable, is durable too: else the peers would forget it with the other one while the node is away. Shared subscriptions are always advertised, each for itself. Confined to the bridge loop.
 */
public final class LocalInterest {

    private static final Comparator<Interest> IN_ORDER =
            Comparator.comparing(Interest::filter).thenComparing(Interest::group);

    /**
     * A change of the advertised set. The two lists have no group and filter in common. Apply {@code added} first:
     * then no topic is without a route meanwhile.
     *
     * @param added new interests, and interests whose QoS changed (these replace the ones before)
     * @param removed interests that are not advertised any more
     */
    public record Delta(List<Interest> added, List<Interest> removed) {

        /** Nothing changed. */
        public static final Delta NONE = new Delta(List.of(), List.of());

        public Delta {
            added = List.copyOf(added);
            removed = List.copyOf(removed);
        }

        public boolean isEmpty() {
            return added.isEmpty() && removed.isEmpty();
        }
    }

    private final FilterTrie<Wanted> ordinary = new FilterTrie<>();
    private final Map<GroupKey, Wanted> shared = new HashMap<>();
    private int size;
    private long digest;

    /** Counts one more local subscription. */
    public Delta add(Interest interest) {
        Wanted wanted = wanted(interest);
        int before = wanted.level();
        wanted.count(interest, 1);
        if (wanted.level() == before) {
            return Delta.NONE;
        }
        Changes changes = new Changes();
        if (!wanted.isShared() && isCovered(wanted)) {
            return Delta.NONE; // and what it asked before was covered as well
        }
        changes.advertise(wanted);
        if (!wanted.isShared()) {
            ordinary.forEachCovered(wanted.filter, other -> {
                if (other != wanted && other.advertised != null && wanted.includes(other)) {
                    changes.hide(other);
                }
            });
        }
        return changes.delta();
    }

    /**
     * Counts one local subscription less.
     *
     * @throws IllegalArgumentException if it had not been added, at this QoS
     */
    public Delta remove(Interest interest) {
        Wanted wanted = find(interest);
        if (wanted == null || !wanted.has(interest)) {
            throw new IllegalArgumentException("not subscribed at QoS " + interest.qos());
        }
        int before = wanted.level();
        wanted.count(interest, -1);
        int after = wanted.qos();
        if (wanted.level() == before) {
            return Delta.NONE;
        }
        if (after < 0) {
            forget(interest);
        }
        if (wanted.advertised == null) {
            return Delta.NONE; // what covers it covers as much as before
        }
        Changes changes = new Changes();
        if (after < 0 || (!wanted.isShared() && isCovered(wanted))) {
            changes.hide(wanted);
        } else {
            changes.advertise(wanted);
        }
        if (!wanted.isShared()) {
            ordinary.forEachCovered(wanted.filter, other -> {
                if (other.advertised == null && other != wanted && !wanted.includes(other) && !isCovered(other)) {
                    changes.advertise(other);
                }
            });
        }
        return changes.delta();
    }

    /** What the peers are to know now, in order of filters. */
    public Collection<Interest> advertised() {
        List<Interest> interests = new ArrayList<>();
        ordinary.forEach((filter, wanted) -> collect(wanted, interests));
        shared.values().forEach(wanted -> collect(wanted, interests));
        interests.sort(IN_ORDER);
        return interests;
    }

    /** The number of advertised interests. */
    public int size() {
        return size;
    }

    /** Stands for the advertised set, whatever its history: equals the owner's {@link InterestIndex#digest} at a peer. */
    public long digest() {
        return digest;
    }

    /** Whether the peers are asked already for all that this interest wants. */
    public boolean isAdvertisedOrCovered(Interest interest) {
        if (interest.isShared()) {
            Wanted wanted = find(interest);
            return wanted != null && wanted.includes(interest);
        }
        return ordinary.anyCovering(interest.filter(), other -> other.includes(interest));
    }

    private boolean isCovered(Wanted wanted) {
        return ordinary.anyCovering(wanted.filter, other -> other != wanted && other.includes(wanted));
    }

    private Wanted wanted(Interest interest) {
        Wanted found = find(interest);
        if (found != null) {
            return found;
        }
        Wanted created = new Wanted(interest.group(), canonical(interest));
        if (interest.isShared()) {
            shared.put(new GroupKey(interest.group(), interest.filter()), created);
        } else {
            ordinary.compute(created.filter, none -> created);
        }
        return created;
    }

    private @Nullable Wanted find(Interest interest) {
        return interest.isShared()
                ? shared.get(new GroupKey(interest.group(), interest.filter()))
                : ordinary.get(canonical(interest));
    }

    private void forget(Interest interest) {
        if (interest.isShared()) {
            shared.remove(new GroupKey(interest.group(), interest.filter()));
        } else {
            ordinary.compute(canonical(interest), some -> null);
        }
    }

    /** The two filters that match everything count as one; else each would cover the other. */
    private static String canonical(Interest interest) {
        return !interest.isShared() && interest.filter().equals(TopicFilters.EVERYTHING_LONG)
                ? TopicFilters.EVERYTHING
                : interest.filter();
    }

    private static void collect(Wanted wanted, List<Interest> interests) {
        if (wanted.advertised != null) {
            interests.add(wanted.advertised);
        }
    }

    /** A group and filter that is subscribed here. */
    private static final class Wanted {
        final String group;
        final String filter;

        /** Subscriptions by QoS. */
        private final int[] count = new int[3];

        /** Those of them, at QoS 1 and 2, whose sessions outlive their connections. */
        private final int[] durable = new int[3];

        /** What the peers know of it; null while it is covered. */
        @Nullable
        Interest advertised;

        Wanted(String group, String filter) {
            this.group = group;
            this.filter = filter;
        }

        boolean isShared() {
            return !group.isEmpty();
        }

        void count(Interest interest, int one) {
            count[interest.qos()] += one;
            durable[interest.qos()] += interest.durable() ? one : 0;
        }

        /** Whether such a subscription was counted. */
        boolean has(Interest interest) {
            int durables = durable[interest.qos()];
            return interest.durable() ? durables > 0 : count[interest.qos()] > durables;
        }

        /** The highest QoS subscribed, or -1. */
        int qos() {
            int qos = count.length - 1;
            while (qos >= 0 && count[qos] == 0) {
                qos--;
            }
            return qos;
        }

        boolean isDurable() {
            return durable[1] + durable[2] > 0;
        }

        /** What the peers are to know, as a number; -1 if nothing. */
        int level() {
            int qos = qos();
            return qos < 0 ? -1 : new Interest(group, filter, qos, isDurable()).level();
        }

        /** Whether it asks for all that another one asks, as far as their filters go. */
        boolean includes(Wanted other) {
            return qos() >= other.qos() && (isDurable() || !other.isDurable());
        }

        boolean includes(Interest interest) {
            return qos() >= interest.qos() && (isDurable() || !interest.durable());
        }
    }

    private final class Changes {
        private final List<Interest> added = new ArrayList<>();
        private final List<Interest> removed = new ArrayList<>();

        void advertise(Wanted wanted) {
            Interest interest = new Interest(wanted.group, wanted.filter, wanted.qos(), wanted.isDurable());
            account(wanted, interest);
            added.add(interest);
        }

        void hide(Wanted wanted) {
            if (wanted.advertised != null) {
                removed.add(wanted.advertised);
                account(wanted, null);
            }
        }

        private void account(Wanted wanted, @Nullable Interest now) {
            Interest before = wanted.advertised;
            size += (now == null ? 0 : 1) - (before == null ? 0 : 1);
            digest += hash(now) - hash(before);
            wanted.advertised = now;
        }

        private static long hash(@Nullable Interest interest) {
            return interest == null ? 0 : StableHash.of(interest.group(), interest.filter(), interest.level());
        }

        Delta delta() {
            added.sort(IN_ORDER); // the trie has no order of its own
            removed.sort(IN_ORDER);
            return new Delta(added, removed);
        }
    }
}
