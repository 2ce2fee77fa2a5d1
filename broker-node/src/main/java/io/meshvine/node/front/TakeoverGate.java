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
 * place. Any thread; {@link Claimant} is called on the thread that made the difference.
 */
final class TakeoverGate {

    /** A connection that wants to speak for a client id. */
    interface Claimant {

        /** It may go on: nobody else holds the client id. */
        void admitted();

        /** Somebody else connected with its client id: it is to end, and then to {@link TakeoverGate#leave}. */
        void takenOver();
    }

    private final ConcurrentMap<String, Place> places = new ConcurrentHashMap<>();

    private record Place(Claimant holder, @Nullable Claimant waiting) {}

    /** Asks for a client id. */
    void enter(String clientId, Claimant newcomer) {
        List<Claimant> displaced = new ArrayList<>(2);
        places.compute(clientId, (id, place) -> {
            displaced.clear();
            if (place == null) {
                return new Place(newcomer, null);
            }
            displaced.add(place.holder);
            if (place.waiting != null) {
                displaced.add(place.waiting);
            }
            return new Place(place.holder, newcomer);
        });
        if (displaced.isEmpty()) {
            newcomer.admitted();
        } else {
            displaced.forEach(Claimant::takenOver);
        }
    }

    /** Gives a client id back, or stops waiting for it. Without effect for one that does neither. */
    void leave(String clientId, Claimant leaver) {
        List<Claimant> next = new ArrayList<>(1);
        places.computeIfPresent(clientId, (id, place) -> {
            next.clear();
            if (place.waiting == leaver) {
                return new Place(place.holder, null);
            }
            if (place.holder != leaver) {
                return place;
            }
            if (place.waiting == null) {
                return null;
            }
            next.add(place.waiting);
            return new Place(place.waiting, null);
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
