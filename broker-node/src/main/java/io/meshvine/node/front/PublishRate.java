package io.meshvine.node.front;

import io.meshvine.node.config.ClientLimits;
import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How fast one client may publish: one that is faster is not read from until it is within its rate again. Nothing is
 * dropped. Confined to the connection's loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // The task resumes reading; a connection that is gone needs none.
final class PublishRate {

    private final @Nullable TokenBucket messages;
    private final @Nullable TokenBucket bytes;
    private final ReadPauses pauses;
    private final EventExecutor loop;

    private PublishRate(ClientLimits limits, ReadPauses pauses, EventExecutor loop) {
        long now = System.nanoTime();
        this.messages = limits.publishRate() > 0 ? new TokenBucket(limits.publishRate(), now) : null;
        this.bytes = limits.publishBytes() > 0 ? new TokenBucket(limits.publishBytes(), now) : null;
        this.pauses = pauses;
        this.loop = loop;
    }

    /** Null where there is no limit. */
    static @Nullable PublishRate of(ClientLimits limits, ReadPauses pauses, EventExecutor loop) {
        return limits.publishRate() > 0 || limits.publishBytes() > 0 ? new PublishRate(limits, pauses, loop) : null;
    }

    void published(int payloadBytes) {
        long now = System.nanoTime();
        long pauseNanos = messages == null ? 0 : messages.take(1, now);
        if (bytes != null) {
            pauseNanos = Math.max(pauseNanos, bytes.take(payloadBytes, now));
        }
        if (pauseNanos > 0 && pauses.pause(ReadPauses.Cause.RATE)) {
            loop.schedule(() -> pauses.resume(ReadPauses.Cause.RATE), pauseNanos, TimeUnit.NANOSECONDS);
        }
    }
}
