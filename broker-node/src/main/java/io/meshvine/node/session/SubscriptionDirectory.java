package io.meshvine.node.session;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.interest.FilterTrie;
import io.meshvine.mesh.interest.SharedFilter;
import io.meshvine.mesh.interest.TopicFilters;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The subscriptions of this node's clients, found by topic. Any thread; {@link #match} takes no lock unless it is the
 * first after a change of that filter. It is the only writer of {@link ClientSession#subscriptions()}.
 */
public final class SubscriptionDirectory {

    private final FilterTrie<Subscribers> filters = new FilterTrie<>();
    private final AtomicInteger size = new AtomicInteger();
    private final AtomicLong version = new AtomicLong();
    private volatile Consumer<GroupKey> groupListener = group -> {};

    /** Where a subscription stands: the filter without share name, and the group if it is shared. */
    private record Place(String filter, @Nullable GroupKey group) {

        static Place of(String filter) {
            if (!TopicFilters.isShared(filter)) {
                return new Place(filter, null);
            }
            SharedFilter shared = TopicFilters.parseShared(filter);
            if (shared == null) {
                throw new IllegalArgumentException("malformed shared subscription");
            }
            return new Place(shared.filter(), new GroupKey(shared.group(), shared.filter()));
        }
    }

    /** Takes the one listener that is told of which shared subscription members came or went. */
    public void onGroupChanged(Consumer<GroupKey> listener) {
        groupListener = listener;
    }

    private void changed(Place place) {
        version.incrementAndGet();
        if (place.group() != null) {
            groupListener.accept(place.group());
        }
    }

    /**
     * Adds a subscription, or replaces the one of the same client and filter [MQTT-3.8.4-3]. A session that has ended
     * takes none.
     *
     * @return the subscription that was replaced, or null
     * @throws IllegalArgumentException if the filter is not valid
     */
    public @Nullable Subscription add(ClientSession session, Subscription subscription) {
        Place place = Place.of(subscription.filter());
        Match match = Match.of(session, subscription);
        ConcurrentHashMap<String, Subscription> own = session.subscriptionMap();
        synchronized (own) {
            if (session.isEnded()) {
                return null;
            }
            filters.compute(place.filter(), present -> {
                Subscribers subscribers = present == null ? new Subscribers() : present;
                subscribers.put(place.group(), match);
                return subscribers;
            });
            Subscription previous = own.put(subscription.filter(), subscription);
            if (previous == null) {
                size.incrementAndGet();
            }
            changed(place);
            return previous;
        }
    }

    /** Removes a client's subscription of exactly that filter. Returns false if there was none [MQTT-3.10.4-1]. */
    public boolean remove(ClientSession session, String filter) {
        ConcurrentHashMap<String, Subscription> own = session.subscriptionMap();
        synchronized (own) {
            if (own.remove(filter) == null) {
                return false;
            }
            takeOut(session, filter);
            return true;
        }
    }

    /** Removes all subscriptions of a client, and returns them. */
    public List<Subscription> removeAll(ClientSession session) {
        if (session.subscriptions().isEmpty() && !session.isEnded()) {
            return List.of();
        }
        ConcurrentHashMap<String, Subscription> own = session.subscriptionMap();
        synchronized (own) {
            List<Subscription> removed = new ArrayList<>(own.values());
            own.clear();
            removed.forEach(subscription -> takeOut(session, subscription.filter()));
            return removed;
        }
    }

    private void takeOut(ClientSession session, String filter) {
        Place place = Place.of(filter);
        filters.compute(
                place.filter(), present -> present == null || present.remove(place.group(), session) ? null : present);
        size.decrementAndGet();
        changed(place);
    }

    /** Who gets a message of that topic name. */
    public Matches match(String topic) {
        long current = version.get(); // before looking: what changes meanwhile makes the result stale, never wrong
        Collector found = new Collector();
        filters.match(topic, found);
        return new Matches(current, readers(topic, found.clients()), groupsOfReaders(topic, found.groups()));
    }

    /** Those who may read a topic; mostly all, and then the same list. */
    private static List<Match> readers(String topic, List<Match> matches) {
        for (Match match : matches) {
            if (!match.session().mayRead(topic)) {
                return matches.stream()
                        .filter(each -> each.session().mayRead(topic))
                        .toList();
            }
        }
        return matches;
    }

    private static List<Matches.Group> groupsOfReaders(String topic, List<Matches.Group> groups) {
        if (groups.isEmpty()) {
            return groups;
        }
        return groups.stream()
                .map(group -> new Matches.Group(group.key(), readers(topic, group.members())))
                .filter(group -> !group.members().isEmpty())
                .toList();
    }

    /** What clients may read has changed: matches from before do not hold. */
    public void permissionsChanged() {
        version.incrementAndGet();
    }

    /** Goes by what a connection of a session may read. */
    public void permit(ClientSession session, ReadPermit granted) {
        if (session.permit(granted) && !session.subscriptions().isEmpty()) {
            version.incrementAndGet();
        }
    }

    /** The members of one shared subscription, connected or not; empty if there is none. */
    public List<Match> members(GroupKey group) {
        Subscribers subscribers = filters.get(group.filter());
        if (subscribers != null) {
            for (Matches.Group found : subscribers.snapshot().groups()) {
                if (found.key().equals(group)) {
                    return found.members();
                }
            }
        }
        return List.of();
    }

    /** Grows with each change, after it became visible. */
    public long version() {
        return version.get();
    }

    /** The number of subscriptions. */
    public int size() {
        return size.get();
    }

    /** The number of different filters, shared and ordinary ones of the same filter counted once. */
    public int filterCount() {
        return filters.size();
    }

    /** Puts together what the filters that match a topic have. */
    private static final class Collector implements Consumer<Subscribers> {
        private List<Match> clients = List.of();
        private List<Matches.Group> groups = List.of();
        /** Made when a second filter matches; before, the list of the one filter is passed on as it is. */
        private @Nullable Map<ClientSession, Match> merged;

        @Override
        public void accept(Subscribers subscribers) {
            Subscribers.Snapshot snapshot = subscribers.snapshot();
            addClients(snapshot.clients());
            if (groups.isEmpty()) {
                groups = snapshot.groups();
            } else if (!snapshot.groups().isEmpty()) {
                List<Matches.Group> both = new ArrayList<>(groups);
                both.addAll(snapshot.groups());
                groups = both;
            }
        }

        private void addClients(List<Match> more) {
            if (more.isEmpty()) {
                return;
            }
            if (clients.isEmpty()) {
                clients = more;
                return;
            }
            Map<ClientSession, Match> all = merged;
            if (all == null) {
                all = new LinkedHashMap<>((clients.size() + more.size()) * 3 / 2);
                for (Match match : clients) {
                    all.put(match.session(), match);
                }
                merged = all;
            }
            for (Match match : more) {
                all.merge(match.session(), match, Match::merge);
            }
        }

        List<Match> clients() {
            return merged == null ? clients : List.copyOf(merged.values());
        }

        List<Matches.Group> groups() {
            return groups;
        }
    }
}
