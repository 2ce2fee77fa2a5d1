package io.meshvine.node.front;

import io.meshvine.node.session.ClientSession;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * QoS 2 publishes whose connection ended before they were settled. When the client repeats one on its next connection,
 * it is not routed again, and its PUBREC waits for the first. Bounded by what connections may leave unsettled, and by
 * how long the router takes to settle. Any thread.
 */
final class UnsettledQos2 {

    private final ConcurrentMap<Key, AckLine.Debt> debts = new ConcurrentHashMap<>();

    private record Key(ClientSession session, int packetId) {}

    /** Remembers what a connection that ends leaves unsettled. */
    void remember(ClientSession session, List<AckLine.Debt> unsettled) {
        for (AckLine.Debt debt : unsettled) {
            Key key = new Key(session, debt.packetId());
            debts.put(key, debt);
            debt.whenSettled(() -> debts.remove(key, debt));
        }
    }

    /** Settles the repeat once the publish that it repeats is. */
    void settleWithFirst(ClientSession session, AckLine.Debt repeat) {
        AckLine.Debt first = debts.get(new Key(session, repeat.packetId()));
        if (first == null) {
            repeat.run();
        } else {
            first.whenSettled(repeat);
        }
    }

    int size() {
        return debts.size();
    }
}
