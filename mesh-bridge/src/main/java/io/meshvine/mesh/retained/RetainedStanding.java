package io.meshvine.mesh.retained;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a node's retained messages are worth to others, and theirs to it. Tombstones live for a limited time; who was out
 * of contact for longer may have messages that were deleted meanwhile, and nobody remembers that they were. Such a node
 * is stale: towards one that is current it gives up what is older than tombstones live and not known there. Confined to
 * the bridge loop.
 */
public final class RetainedStanding {

    private final Duration tombstoneLife;
    private Level level;
    private long lastContactMillis;

    /** What the state of a node is worth. Codes are on the wire and in the store: one is never used for something else. */
    public enum Level {
        /** Never compared with another node: it cannot say that something is missing because it was deleted. */
        FRESH(0),
        /** Was equal to another node's, and in contact since, but for less than tombstones live. */
        CURRENT(1),
        /** Out of contact for longer than tombstones live. */
        STALE(2);

        private final int code;

        Level(int code) {
            this.code = code;
        }

        public int code() {
            return code;
        }

        /** The level of a code; null if there is none. */
        public static @Nullable Level of(int code) {
            for (Level level : values()) {
                if (level.code == code) {
                    return level;
                }
            }
            return null;
        }
    }

    /** A node without an earlier life. */
    public RetainedStanding(Duration tombstoneLife) {
        this(tombstoneLife, Level.FRESH, 0);
    }

    /**
     * A node that goes on with what an earlier life retained.
     *
     * @param level as of then
     * @param lastContactMillis when it was last connected to a peer, wall-clock
     */
    public RetainedStanding(Duration tombstoneLife, Level level, long lastContactMillis) {
        this.tombstoneLife = tombstoneLife;
        this.level = level;
        this.lastContactMillis = lastContactMillis;
    }

    /** A peer is connected: to be called before what it says is looked at, and from time to time. */
    public void onContact(long nowMillis) {
        if (level == Level.CURRENT && nowMillis - lastContactMillis > tombstoneLife.toMillis()) {
            level = Level.STALE;
        }
        lastContactMillis = nowMillis;
    }

    /** A peer has exactly the same. Two that were both away for long have united: neither could know better. */
    public void onEqual() {
        level = Level.CURRENT;
    }

    public Level level() {
        return level;
    }

    public long lastContactMillis() {
        return lastContactMillis;
    }

    /** Whether a write is to be given up which the peer, in a comparison, does not know of. */
    public boolean yields(RetainedMessage message, Level peer, long nowMillis) {
        return level == Level.STALE
                && peer == Level.CURRENT
                && message.stamp().wallMillis() < nowMillis - tombstoneLife.toMillis();
    }
}
