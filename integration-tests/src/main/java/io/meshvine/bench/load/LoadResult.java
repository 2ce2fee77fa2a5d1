package io.meshvine.bench.load;

import java.util.List;

/**
 * What one run showed. Rates are of the measured window; losses and the like of the whole run, warm-up and drain included.
 *
 * @param deliveredPerSecond messages that subscribers received
 * @param sentPerSecond messages that publishers sent
 * @param expected deliveries that were due: messages times subscribers
 * @param lost due, never arrived
 * @param late first arrivals after a message that was sent later by the same publisher
 * @param strangers arrivals that nobody had subscribed to or sent
 * @param missingAcks QoS 1 and 2 handshakes that did not end
 * @param refused answered with a reason code of 0x80 or more
 * @param stalls closed windows forced open after two seconds without any progress
 * @param sendLag how late this client itself sent, open loop only
 * @param clientCpu share of the measured window that the load loop's thread was on a processor, 0 to 1
 * @param failures connections that the broker closed, with the reason
 */
public record LoadResult(
        double deliveredPerSecond,
        double sentPerSecond,
        double seconds,
        long delivered,
        long expected,
        long lost,
        long duplicates,
        long late,
        long strangers,
        long missingAcks,
        long refused,
        long unknownAcks,
        long stalls,
        Quantiles latency,
        Quantiles ackLatency,
        Quantiles sendLag,
        double clientCpu,
        List<String> failures) {

    /** True if each message arrived exactly once, in order, and was acknowledged. */
    public boolean isClean() {
        return lost == 0
                && duplicates == 0
                && late == 0
                && strangers == 0
                && missingAcks == 0
                && refused == 0
                && unknownAcks == 0
                && failures.isEmpty();
    }
}
