package io.meshvine.node.routing;

import io.meshvine.mesh.will.Willholder;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.node.session.Message;
import io.meshvine.node.session.Origin;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.DecoderException;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The wills of this node's clients: armed while they are connected, waiting while their delay runs. Any thread; calls
 * for one client are serialised by the front. A will is published at most once. A {@link WillGuard} knows them too, for
 * the case that the node dies; and those of nodes that died are published here.
 */
public final class Wills implements Willholder {

    private static final Logger LOG = LoggerFactory.getLogger(Wills.class);

    private final ConcurrentHashMap<String, Armed> armed = new ConcurrentHashMap<>();
    private final Consumer<Message> publisher;
    private final ScheduledExecutorService timer;
    private final LongSupplier nanoTime;
    private final LongSupplier wallMillis;
    private final Presence presence = new Presence();
    private final LongAdder forbidden = new LongAdder();
    private volatile WillPermit permit = WillPermit.ALL;
    private volatile WillGuard guard = WillGuard.NONE;

    /**
     * @param publisher takes over one reference of the message and publishes it, mesh-wide
     * @param timer runs delayed wills
     * @param nanoTime the time of the mesh
     */
    public Wills(
            Consumer<Message> publisher,
            ScheduledExecutorService timer,
            LongSupplier nanoTime,
            LongSupplier wallMillis) {
        this.publisher = publisher;
        this.timer = timer;
        this.nanoTime = nanoTime;
        this.wallMillis = wallMillis;
    }

    /** Asks before it publishes the will of a client whose node is gone. Before the first peer. */
    public void permittedBy(WillPermit newPermit) {
        permit = newPermit;
    }

    /** Has the wills looked after when this node is gone. Before the first client. */
    public void guardedBy(WillGuard newGuard) {
        guard = newGuard;
    }

    /** A client connected, with or without a will: a will of its last connection that waits is void, here or elsewhere. */
    public void connected(String clientId) {
        presence.connected(clientId, nanoTime.getAsLong());
        guard.connected(clientId);
    }

    /** The connection of a client is over. */
    public void departed(String clientId) {
        presence.departed(clientId);
    }

    /**
     * Holds a will for a client that connects, in place of what was held before.
     *
     * @param sessionExpirySeconds how long the session outlives this connection
     * @param permitted whether the client may publish the will, asked when it is due
     */
    public void arm(String clientId, Will will, long sessionExpirySeconds, BooleanSupplier permitted) {
        Armed before = armed.put(clientId, new Armed(clientId, will, permitted));
        if (before != null) {
            before.cancel();
        }
        long delaySeconds = Math.min(will.delaySeconds(), sessionExpirySeconds);
        guard.arm(clientId, WillCodec.encode(will), Duration.ofSeconds(delaySeconds));
    }

    /** Forgets the will: the client left with DISCONNECT 0x00 [MQTT-3.1.2-10], or is back before its delay ended. */
    public void disarm(String clientId) {
        Armed before = armed.remove(clientId);
        if (before != null) {
            before.cancel();
            guard.release(clientId);
        }
    }

    /** Forgets the will of a client that may not publish it any more; counted. */
    public void forbid(String clientId) {
        Armed before = armed.remove(clientId);
        if (before != null) {
            before.cancel();
            guard.release(clientId);
            forbidden.increment();
        }
    }

    /**
     * Publishes the will, now or after its delay; the end of the session ends the delay [MQTT-3.1.3-9].
     *
     * @param sessionExpirySeconds how long the session outlives this connection
     */
    public void connectionLost(String clientId, long sessionExpirySeconds) {
        Armed lost = armed.get(clientId);
        if (lost == null) {
            return;
        }
        long delaySeconds = Math.min(lost.will.delaySeconds(), sessionExpirySeconds);
        if (delaySeconds == 0) {
            lost.fire();
        } else {
            lost.fireAfter(delaySeconds);
        }
    }

    /** Publishes a will that still waits: its session ended (MQTT 5, 3.1.2.5). */
    public void sessionEnded(String clientId) {
        Armed waiting = armed.get(clientId);
        if (waiting != null) {
            waiting.fire();
        }
    }

    // ---- Wills of nodes that are gone, and clients that went elsewhere

    @Override
    public long connectedNanos(String clientId) {
        return presence.connectedNanos(clientId);
    }

    @Override
    public void publish(String clientId, byte[] will) {
        try {
            Message message = WillCodec.decode(clientId, will, wallMillis.getAsLong());
            if (permit.mayPublish(clientId, message.topic())) {
                publisher.accept(message);
            } else {
                message.release();
                forbidden.increment();
            }
        } catch (WireException | DecoderException unreadable) {
            LOG.warn("the will of {}, whose node is gone, cannot be read", clientId, unreadable);
        }
    }

    @Override
    public void onBackElsewhere(String clientId) {
        Armed waiting = armed.get(clientId);
        if (waiting != null && waiting.timeout != null && armed.remove(clientId, waiting)) {
            waiting.cancel();
            guard.release(clientId);
        }
    }

    /** Wills that were not published because their clients were not allowed to any more. */
    public long forbidden() {
        return forbidden.sum();
    }

    /** Wills that are armed or waiting. */
    public int size() {
        return armed.size();
    }

    private final class Armed implements Runnable {
        private final String clientId;
        private final Will will;
        private final BooleanSupplier permitted;
        private volatile @Nullable Future<?> timeout;

        Armed(String clientId, Will will, BooleanSupplier permitted) {
            this.clientId = clientId;
            this.will = will;
            this.permitted = permitted;
        }

        void fireAfter(long delaySeconds) {
            timeout = timer.schedule(this, delaySeconds, TimeUnit.SECONDS);
            guard.delayed(clientId, Duration.ofSeconds(delaySeconds));
        }

        void fire() {
            // Whoever removes it publishes it: the timer, a lost connection and the end of a session may race.
            if (armed.remove(clientId, this)) {
                cancel();
                guard.release(clientId); // first: if this node dies now, nobody publishes it a second time
                if (permitted.getAsBoolean()) {
                    publisher.accept(message());
                } else {
                    forbidden.increment();
                }
            }
        }

        void cancel() {
            Future<?> running = timeout;
            if (running != null) {
                running.cancel(false);
            }
        }

        @Override
        public void run() {
            fire();
        }

        private Message message() {
            long expiresAtMillis = will.expirySeconds() == Will.NEVER_EXPIRES
                    ? Message.NEVER
                    : wallMillis.getAsLong() + TimeUnit.SECONDS.toMillis(will.expirySeconds());
            return new Message(
                    will.topic(),
                    Unpooled.wrappedBuffer(will.payload()),
                    will.qos(),
                    will.retain(),
                    will.properties(),
                    expiresAtMillis,
                    clientId,
                    Origin.WILL);
        }
    }
}
