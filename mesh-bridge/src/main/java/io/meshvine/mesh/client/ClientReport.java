package io.meshvine.mesh.client;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client and its session at one node, at one moment.
 *
 * @param durable whether the session outlives its connection
 * @param connection null while there is none
 * @param expirySeconds Session Expiry Interval, 4294967295 for never
 * @param fence number of the claim by which the client is at home there: the higher one counts
 * @param queued deliveries of QoS 1 and 2 that wait to be sent, and their size in memory
 * @param inFlight deliveries of QoS 1 and 2 sent and not completely acknowledged
 * @param subscriptions how many there are
 * @param filters the subscriptions themselves, as far as they were asked for and fit
 */
public record ClientReport(
        ClientName name,
        boolean durable,
        @Nullable Connection connection,
        long expirySeconds,
        long fence,
        long queued,
        long queuedBytes,
        int inFlight,
        int subscriptions,
        List<Filter> filters) {

    public ClientReport {
        filters = List.copyOf(filters);
    }

    public boolean isConnected() {
        return connection != null;
    }

    /**
     * The connection of a client.
     *
     * @param version protocol level: 3, 4 or 5
     * @param address where it comes from
     * @param listener the setting that it came in by, as {@code mqtt.tcp}
     * @param keepAliveSeconds in force, 0 for none
     * @param sinceMillis wall-clock milliseconds since 1970
     */
    public record Connection(int version, String address, String listener, int keepAliveSeconds, long sinceMillis) {}

    /** A subscription. */
    public record Filter(String filter, int qos) {}
}
