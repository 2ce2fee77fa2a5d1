package io.meshvine.node.front;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Clients whose sessions are about to go to other nodes: ends their connections, and holds their client ids, so that the
 * next connection here waits until the session is gone. Any thread.
 */
final class Departures {

    private final TakeoverGate gate;
    private final ConcurrentMap<String, Departure> departures = new ConcurrentHashMap<>();

    Departures(TakeoverGate gate) {
        this.gate = gate;
    }

    /** Runs a task once the client has no connection here. */
    void begin(String clientId, Runnable gone) {
        Departure departure = new Departure(clientId, gone);
        Departure before = departures.put(clientId, departure);
        if (before != null) {
            before.end();
        }
        gate.reserve(clientId, departure);
    }

    /** Lets connections in again. */
    void end(String clientId) {
        Departure departure = departures.remove(clientId);
        if (departure != null) {
            departure.end();
        }
    }

    private final class Departure implements TakeoverGate.Claimant {
        private final String clientId;
        private final Runnable gone;
        private volatile boolean over;

        Departure(String clientId, Runnable gone) {
            this.clientId = clientId;
            this.gone = gone;
        }

        void end() {
            over = true;
            gate.leave(clientId, this);
        }

        @Override
        public void admitted() {
            if (over) {
                gate.leave(clientId, this);
            } else {
                gone.run();
            }
        }

        /** Who connects here meanwhile waits for the end of this. */
        @Override
        public void takenOver() {
            // nothing to end
        }

        @Override
        public void makeWay() {
            // nothing to end
        }
    }
}
