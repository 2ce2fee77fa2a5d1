package io.meshvine.node.front;

import java.util.concurrent.TimeUnit;

/** So many a second, and as many at once after a second of rest. Confined to one thread. */
final class TokenBucket {

    private static final long NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

    private final long perSecond;
    private double tokens;
    private long lastNanos;

    TokenBucket(long perSecond, long nowNanos) {
        this.perSecond = perSecond;
        this.tokens = perSecond;
        this.lastNanos = nowNanos;
    }

    /** Takes some, which may leave a debt; returns how long it takes to be out of it, nanoseconds, or 0. */
    long take(long amount, long nowNanos) {
        refill(nowNanos);
        tokens -= amount;
        return tokens >= 0 ? 0 : (long) (-tokens / perSecond * NANOS_PER_SECOND) + 1;
    }

    /** Takes one if there is one. */
    boolean tryTake(long nowNanos) {
        refill(nowNanos);
        if (tokens < 1) {
            return false;
        }
        tokens--;
        return true;
    }

    private void refill(long nowNanos) {
        tokens = Math.min(
                (double) perSecond,
                tokens + (double) (nowNanos - lastNanos) / (double) NANOS_PER_SECOND * (double) perSecond);
        lastNanos = nowNanos;
    }
}
