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

    /**
     * Who holds a client id.
     *
     * @param owner on whose behalf, or null for the node's own
     */
    private record Place(
            @Nullable String owner,
            Claimant holder,
            @Nullable String nextOwner,
            @Nullable Claimant waiting) {

        /** Whether somebody may not displace who is here. */
        boolean isBarredTo(@Nullable String newcomer) {
            return newcomer != null
                    && (owner != null && !owner.equals(newcomer) || nextOwner != null && !nextOwner.equals(newcomer));
        }
    }

    /** Asks for a client id on the node's own behalf. */
    void enter(String clientId, Claimant newcomer) {
        enter(clientId, null, newcomer);
    }

    /**
     * Asks for a client id.
     *
     * @param owner on whose behalf; null for the node's own
     * @return false, and nothing has changed, if it is held on somebody else's behalf
     */
    boolean enter(String clientId, @Nullable String owner, Claimant newcomer) {
        List<Claimant> displaced = new ArrayList<>(2);
        boolean[] barred = {false};
        places.compute(clientId, (id, place) -> {
            displaced.clear();
            barred[0] = place != null && place.isBarredTo(owner);
            if (place == null) {
                return new Place(owner, newcomer, null, null);
            }
            if (barred[0]) {
                return place;
            }
            displaced.add(place.holder);
            if (place.waiting != null) {
                displaced.add(place.waiting);
            }
            return new Place(place.owner, place.holder, owner, newcomer);
        });
        if (barred[0]) {
            return false;
        }
        if (displaced.isEmpty()) {
            newcomer.admitted();
        } else {
            displaced.forEach(Claimant::takenOver);
        }
        return true;
    }

    /** Gives a client id back, or stops waiting for it. Without effect for one that does neither. */
    void leave(String clientId, Claimant leaver) {
        List<Claimant> next = new ArrayList<>(1);
        places.computeIfPresent(clientId, (id, place) -> {
            next.clear();
            if (place.waiting == leaver) {
                return new Place(place.owner, place.holder, null, null);
            }
            if (place.holder != leaver) {
                return place;
            }
            if (place.waiting == null) {
                return null;
            }
            next.add(place.waiting);
            return new Place(place.nextOwner, place.waiting, null, null);
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
