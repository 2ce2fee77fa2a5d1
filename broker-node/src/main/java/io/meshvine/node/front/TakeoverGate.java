package io.meshvine.node.front;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * Lets one connection at a time speak for a client id [MQTT-3.1.4-3]: a newcomer is admitted once the connection before
 * it was told, closed, and its will and session were seen to. At most one newcomer waits; a still newer one takes its
 * place. A {@linkplain #reserve reservation} comes next, ahead of who waits, and turns nobody away but the holder: a
 * connection that waits is the client's latest, and goes on when the reservation ends. Any thread; {@link Claimant} is
 * called on the thread that made the difference.
 */
final class TakeoverGate {

    /** A connection that wants to speak for a client id. */
    interface Claimant {

        /** It may go on: nobody else holds the client id. */
        void admitted();

        /** Somebody else connected with its client id: it is to end, and then to {@link TakeoverGate#leave}. */
        void takenOver();

        /**
         * The session is to go elsewhere: it is to end likewise, if it has the session. If it still claims that, its claim
         * is the later one and decides.
         */
        void makeWay();
    }

    private final ConcurrentMap<String, Place> places = new ConcurrentHashMap<>();

    private record Place(
            Claimant holder,
            @Nullable Claimant reserved,
            @Nullable Claimant waiting) {}

    /** Asks for a client id. */
    void enter(String clientId, Claimant newcomer) {
        List<Claimant> displaced = new ArrayList<>(2);
        places.compute(clientId, (id, place) -> {
            displaced.clear();
            if (place == null) {
                return new Place(newcomer, null, null);
            }
            displaced.add(place.holder);
            if (place.waiting != null) {
                displaced.add(place.waiting);
            }
            return new Place(place.holder, place.reserved, newcomer);
        });
        if (displaced.isEmpty()) {
            newcomer.admitted();
        } else {
            displaced.forEach(Claimant::takenOver);
        }
    }

    /** Asks for a client id ahead of who waits for it. One at a time for each: the next one after {@link #leave}. */
    void reserve(String clientId, Claimant next) {
        List<Claimant> displaced = new ArrayList<>(1);
        places.compute(clientId, (id, place) -> {
            displaced.clear();
            if (place == null) {
                return new Place(next, null, null);
            }
            if (place.reserved != null) {
                throw new IllegalStateException("reserved already");
            }
            displaced.add(place.holder);
            return new Place(place.holder, next, place.waiting);
        });
        if (displaced.isEmpty()) {
            next.admitted();
        } else {
            displaced.forEach(Claimant::makeWay);
        }
    }

    /** Whether somebody asked for a client id with {@link #reserve}, and waits for who holds it. */
    boolean isReserved(String clientId) {
        Place place = places.get(clientId);
        return place != null && place.reserved != null;
    }

    /** Gives a client id back, or stops waiting for it. Without effect for one that does neither. */
    void leave(String clientId, Claimant leaver) {
        List<Claimant> next = new ArrayList<>(1);
        places.computeIfPresent(clientId, (id, place) -> {
            next.clear();
            if (place.waiting == leaver) {
                return new Place(place.holder, place.reserved, null);
            }
            if (place.reserved == leaver) {
                return new Place(place.holder, null, place.waiting);
            }
            if (place.holder != leaver) {
                return place;
            }
            if (place.reserved != null) {
                next.add(place.reserved);
                return new Place(place.reserved, null, place.waiting);
            }
            if (place.waiting == null) {
                return null;
            }
            next.add(place.waiting);
            return new Place(place.waiting, null, null);
        });
        next.forEach(Claimant::admitted);
    }

    /** Those that hold a client id now. */
    Collection<Claimant> holders() {
        return places.values().stream().map(Place::holder).toList();
    }

    /** Client ids in use. */
    int size() {
        return places.size();
    }
}
