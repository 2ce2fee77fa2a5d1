package io.meshvine.fault.ledger;

/**
 * How long a node did not serve its own clients while a fault lasted: the longest time without an acknowledgement of a
 * local publish, or without its arrival at a local subscriber. Times are milliseconds on the ledger's clock. Confined to
 * the client loop.
 */
final class Availability {
    private final int[] lastAcknowledgedMillis;
    private final int[] lastArrivedMillis;
    private final int[] longestMillis;
    private boolean watching;

    Availability(int nodes) {
        lastAcknowledgedMillis = new int[nodes];
        lastArrivedMillis = new int[nodes];
        longestMillis = new int[nodes];
    }

    void begin(int nowMillis) {
        watching = true;
        for (int node = 0; node < longestMillis.length; node++) {
            lastAcknowledgedMillis[node] = nowMillis;
            lastArrivedMillis[node] = nowMillis;
        }
    }

    void end(int nowMillis) {
        if (watching) {
            for (int node = 0; node < longestMillis.length; node++) {
                acknowledged(node, nowMillis);
                arrived(node, nowMillis);
            }
            watching = false;
        }
    }

    void acknowledged(int node, int nowMillis) {
        if (watching) {
            longestMillis[node] = Math.max(longestMillis[node], nowMillis - lastAcknowledgedMillis[node]);
            lastAcknowledgedMillis[node] = nowMillis;
        }
    }

    void arrived(int node, int nowMillis) {
        if (watching) {
            longestMillis[node] = Math.max(longestMillis[node], nowMillis - lastArrivedMillis[node]);
            lastArrivedMillis[node] = nowMillis;
        }
    }

    int longestMillis(int node) {
        return longestMillis[node];
    }
}
