package io.meshvine.node.config;

/**
 * What one client, one address, or all of them together may ask of a node. Zero is no limit, where that is allowed.
 *
 * @param connectionRate connections accepted per second; more wait in the system's queue
 * @param connectionRatePerAddress the same of one address; more are closed
 * @param connectionsPerAddress connections of one address at the same time; more are closed
 * @param maxConnectSize largest CONNECT, bytes
 * @param maxTopicLevels levels of a topic or a filter
 * @param publishRate publishes per second of one client; it is not read from while it is over
 * @param publishBytes the same in bytes of payload
 */
public record ClientLimits(
        int connectionRate,
        int connectionRatePerAddress,
        int connectionsPerAddress,
        int maxConnectSize,
        int maxTopicLevels,
        int publishRate,
        long publishBytes) {

    /** The limits that hold where nobody sets others. */
    public static final ClientLimits DEFAULTS = new ClientLimits(0, 0, 0, 256 << 10, 128, 0, 0);

    /** Levels of a topic that is valid at all. */
    private static final int ALL_LEVELS = 128;

    /** Whether a valid topic or filter has more levels than it may. */
    public boolean isTooDeep(String topic) {
        if (maxTopicLevels >= ALL_LEVELS) {
            return false;
        }
        int levels = 1;
        for (int at = topic.indexOf('/'); at >= 0; at = topic.indexOf('/', at + 1)) {
            levels++;
        }
        return levels > maxTopicLevels;
    }
}
