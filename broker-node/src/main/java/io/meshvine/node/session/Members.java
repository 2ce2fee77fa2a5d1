package io.meshvine.node.session;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Clients that share a filter, or a filter and a share name: at most one match each. Few are kept as an immutable list;
 * many are indexed, so that each change takes constant time, and copied for readers once after changes. Confined to the
 * lock of its {@link Subscribers}.
 */
final class Members {

    /** Up to here a copy per change is cheaper than an index. */
    private static final int FEW = 8;

    /** What readers get; null when it has to be copied again. */
    private @Nullable List<Match> snapshot = List.of();

    /** All matches in no order, with the place of each client; null while they are few. */
    private @Nullable List<Match> many;

    private @Nullable Map<ClientSession, Integer> places;

    boolean isEmpty() {
        return many == null && list().isEmpty();
    }

    /** An immutable list of all matches. */
    List<Match> list() {
        List<Match> current = snapshot;
        if (current == null) {
            current = many == null ? List.of() : List.copyOf(many);
            snapshot = current;
        }
        return current;
    }

    /** Adds a client, or replaces its match. */
    void put(Match match) {
        List<Match> all = many;
        Map<ClientSession, Integer> index = places;
        if (all == null || index == null) {
            putFew(match);
            return;
        }
        Integer place = index.putIfAbsent(match.session(), all.size());
        if (place == null) {
            all.add(match);
        } else {
            all.set(place, match);
        }
        snapshot = null;
    }

    private void putFew(Match match) {
        List<Match> changed = new ArrayList<>(list());
        int place = indexOf(changed, match.session());
        if (place < 0) {
            changed.add(match);
        } else {
            changed.set(place, match);
        }
        if (changed.size() <= FEW) {
            snapshot = List.copyOf(changed);
            return;
        }
        Map<ClientSession, Integer> index = new HashMap<>();
        for (int i = 0; i < changed.size(); i++) {
            index.put(changed.get(i).session(), i);
        }
        many = changed;
        places = index;
        snapshot = null;
    }

    /** Takes a client out, if it is there. */
    void remove(ClientSession session) {
        List<Match> all = many;
        Map<ClientSession, Integer> index = places;
        if (all == null || index == null) {
            List<Match> changed = new ArrayList<>(list());
            changed.removeIf(match -> match.session() == session);
            snapshot = List.copyOf(changed);
            return;
        }
        Integer place = index.remove(session);
        if (place == null) {
            return;
        }
        Match last = all.remove(all.size() - 1);
        if (last.session() != session) {
            all.set(place, last);
            index.put(last.session(), place);
        }
        snapshot = null;
        if (all.size() <= FEW / 2) {
            snapshot = List.copyOf(all);
            many = null;
            places = null;
        }
    }

    private static int indexOf(List<Match> matches, ClientSession session) {
        for (int i = 0; i < matches.size(); i++) {
            if (matches.get(i).session() == session) {
                return i;
            }
        }
        return -1;
    }
}
