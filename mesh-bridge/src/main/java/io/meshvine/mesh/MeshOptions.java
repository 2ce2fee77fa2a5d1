package io.meshvine.mesh;

import java.time.Duration;
import java.util.Map;

/**
 * The settings of a {@link MeshBridge}. Immutable; {@link #defaults} and the {@code with} methods build one.
 *
 * @param meshName meshes of different names never exchange anything
 * @param nodeName display name of this node, told to peers
 * @param subscribeConfirmTimeout how long a subscription waits for connected peers to confirm it
 * @param spillAfter how long a publish of QoS 1 or 2 waits for its peers before the copy in the outbox counts
 * @param maxFrameBytes a frame of publishes is closed before it grows beyond this; a single larger publish gets a frame
 *     of its own
 * @param maxPublishBytes largest topic plus body that is forwarded
 * @param linkWindowBytes bound of unacknowledged and queued bytes in memory per peer; what is beyond goes to disk
 * @param flightWindowBytes bound of sent bytes that a peer has not consumed yet, so that a slow peer costs this much
 *     there and not more
 * @param digestInterval how often tables and retained messages are compared with each peer
 * @param pingInterval how often an idle link is probed; a link that waits for something is probed more often
 * @param outboxMaxBytes bound of the publishes on disk per peer
 * @param outboxRetention how long the publishes for an absent peer are kept
 * @param tombstoneLife how long the deletion of a retained message is remembered; longer than the longest split
 * @param sessionPatience how long at a stretch links wait for sessions of connected clients; zero for not at all
 * @param addresses where clients reach this node, for example {@code mqtt=host:port}; told to peers
 */
public record MeshOptions(
        String meshName,
        String nodeName,
        Duration subscribeConfirmTimeout,
        Duration spillAfter,
        int maxFrameBytes,
        int maxPublishBytes,
        long linkWindowBytes,
        long flightWindowBytes,
        Duration digestInterval,
        Duration pingInterval,
        long outboxMaxBytes,
        Duration outboxRetention,
        Duration tombstoneLife,
        Duration sessionPatience,
        Map<String, String> addresses) {

    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    /** Longest mesh or node name and longest address, in characters: they travel in the first frame of a link. */
    public static final int MAX_NAME_LENGTH = 255;

    /** Most addresses that a node tells its peers. */
    public static final int MAX_ADDRESSES = 32;

    /** Least {@link #flightWindowBytes}: what is in flight at a time fills a few frames. */
    public static final int MIN_FLIGHT_WINDOW_BYTES = 256 * KIB;

    public MeshOptions {
        addresses = Map.copyOf(addresses);
        requireName("mesh name", meshName);
        requireName("node name", nodeName);
        requirePositive("subscribeConfirmTimeout", subscribeConfirmTimeout);
        requirePositive("spillAfter", spillAfter);
        requirePositive("digestInterval", digestInterval);
        requirePositive("pingInterval", pingInterval);
        requirePositive("outboxRetention", outboxRetention);
        requirePositive("tombstoneLife", tombstoneLife);
        if (sessionPatience.isNegative()) {
            throw new IllegalArgumentException("sessionPatience must not be negative: " + sessionPatience);
        }
        requireAtLeast("maxFrameBytes", maxFrameBytes, KIB);
        requireAtLeast("maxPublishBytes", maxPublishBytes, KIB);
        requireAtLeast("linkWindowBytes", linkWindowBytes, maxPublishBytes);
        requireAtLeast("outboxMaxBytes", outboxMaxBytes, 0);
        requireAtLeast("flightWindowBytes", flightWindowBytes, MIN_FLIGHT_WINDOW_BYTES);
        if (addresses.size() > MAX_ADDRESSES) {
            throw new IllegalArgumentException("at most " + MAX_ADDRESSES + " addresses, not " + addresses.size());
        }
        addresses.forEach((kind, address) -> {
            requireName("kind of address", kind);
            requireName("address " + kind, address);
        });
    }

    /** The default settings. */
    public static MeshOptions defaults(String meshName, String nodeName) {
        return new MeshOptions(
                meshName,
                nodeName,
                Duration.ofMillis(500),
                Duration.ofMillis(50),
                56 * KIB,
                16 * MIB,
                64L * MIB,
                4L * MIB,
                Duration.ofSeconds(30),
                Duration.ofSeconds(5),
                8L * 1024 * MIB,
                Duration.ofHours(24),
                Duration.ofDays(7),
                Duration.ofSeconds(10),
                Map.of());
    }

    /** A builder that starts from these settings. */
    public Builder with() {
        return new Builder(this);
    }

    private static void requireName(String what, String name) {
        if (name.isEmpty() || name.length() > MAX_NAME_LENGTH) {
            throw new IllegalArgumentException(what + " must have 1 to " + MAX_NAME_LENGTH + " characters: " + name);
        }
    }

    private static void requirePositive(String what, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(what + " must be positive: " + value);
        }
    }

    private static void requireAtLeast(String what, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(what + " must be at least " + least + ": " + value);
        }
    }

    /** Changes some settings. Each method has the name of its setting. */
    public static final class Builder {
        private final MeshOptions base;
        private Duration subscribeConfirmTimeout;
        private Duration spillAfter;
        private int maxFrameBytes;
        private int maxPublishBytes;
        private long linkWindowBytes;
        private long flightWindowBytes;
        private Duration digestInterval;
        private Duration pingInterval;
        private long outboxMaxBytes;
        private Duration outboxRetention;
        private Duration tombstoneLife;
        private Duration sessionPatience;
        private Map<String, String> addresses;

        private Builder(MeshOptions base) {
            this.base = base;
            this.subscribeConfirmTimeout = base.subscribeConfirmTimeout;
            this.spillAfter = base.spillAfter;
            this.maxFrameBytes = base.maxFrameBytes;
            this.maxPublishBytes = base.maxPublishBytes;
            this.linkWindowBytes = base.linkWindowBytes;
            this.flightWindowBytes = base.flightWindowBytes;
            this.digestInterval = base.digestInterval;
            this.pingInterval = base.pingInterval;
            this.outboxMaxBytes = base.outboxMaxBytes;
            this.outboxRetention = base.outboxRetention;
            this.tombstoneLife = base.tombstoneLife;
            this.sessionPatience = base.sessionPatience;
            this.addresses = base.addresses;
        }

        public Builder subscribeConfirmTimeout(Duration value) {
            this.subscribeConfirmTimeout = value;
            return this;
        }

        public Builder spillAfter(Duration value) {
            this.spillAfter = value;
            return this;
        }

        public Builder maxFrameBytes(int value) {
            this.maxFrameBytes = value;
            return this;
        }

        public Builder maxPublishBytes(int value) {
            this.maxPublishBytes = value;
            return this;
        }

        public Builder linkWindowBytes(long value) {
            this.linkWindowBytes = value;
            return this;
        }

        public Builder flightWindowBytes(long value) {
            this.flightWindowBytes = value;
            return this;
        }

        public Builder digestInterval(Duration value) {
            this.digestInterval = value;
            return this;
        }

        public Builder pingInterval(Duration value) {
            this.pingInterval = value;
            return this;
        }

        public Builder outboxMaxBytes(long value) {
            this.outboxMaxBytes = value;
            return this;
        }

        public Builder outboxRetention(Duration value) {
            this.outboxRetention = value;
            return this;
        }

        public Builder tombstoneLife(Duration value) {
            this.tombstoneLife = value;
            return this;
        }

        public Builder sessionPatience(Duration value) {
            this.sessionPatience = value;
            return this;
        }

        public Builder addresses(Map<String, String> value) {
            this.addresses = value;
            return this;
        }

        /** The settings, checked. */
        public MeshOptions build() {
            return new MeshOptions(
                    base.meshName,
                    base.nodeName,
                    subscribeConfirmTimeout,
                    spillAfter,
                    maxFrameBytes,
                    maxPublishBytes,
                    linkWindowBytes,
                    flightWindowBytes,
                    digestInterval,
                    pingInterval,
                    outboxMaxBytes,
                    outboxRetention,
                    tombstoneLife,
                    sessionPatience,
                    addresses);
        }
    }
}
