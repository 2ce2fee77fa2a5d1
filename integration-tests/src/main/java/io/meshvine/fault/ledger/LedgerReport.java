package io.meshvine.fault.ledger;

import java.util.List;

/**
 * The sums of a ledger.
 *
 * @param published messages sent at QoS 1 and 2
 * @param acknowledged of these, how many were acknowledged
 * @param refused of these, how many were answered with a failure
 * @param lost promised to a receiver and not received, summed over receivers
 * @param missedQos0 at QoS 0: sent while a receiver was subscribed and not received; no promise is broken
 * @param duplicates deliveries beyond the first within a session, by QoS
 * @param inNewSessions deliveries of what an earlier session of the client got as well
 * @param reordered first deliveries after a later one
 * @param lostSessions durable sessions that were gone when their client came back
 * @param strangers deliveries that nobody sent
 * @param losses what was lost, message ranges by receiver and stream
 * @param repeats the first of the deliveries at QoS 2 beyond the first
 * @param overtaken the first of those that came after a later one
 * @param unavailableMillis by node: how long it did not serve its own clients
 */
public record LedgerReport(
        long published,
        long acknowledged,
        long refused,
        long lost,
        long missedQos0,
        List<Long> duplicates,
        long inNewSessions,
        long reordered,
        long lostSessions,
        long strangers,
        List<Loss> losses,
        List<Repeat> repeats,
        List<Overtaken> overtaken,
        List<Integer> unavailableMillis) {
    public LedgerReport {
        duplicates = List.copyOf(duplicates);
        losses = List.copyOf(losses);
        repeats = List.copyOf(repeats);
        overtaken = List.copyOf(overtaken);
        unavailableMillis = List.copyOf(unavailableMillis);
    }
}
