package io.meshvine.node.routing;

import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.Slices;
import io.meshvine.mesh.retained.HybridTimestamp;
import io.meshvine.node.session.Message;
import io.meshvine.node.session.Origin;
import io.meshvine.node.session.PublishCodec;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Messages as the mesh carries them, and back. Any thread.
 *
 * @param nanoTime the time that {@link MeshPublish#acceptedNanos} is in
 */
public record MeshPublishes(LongSupplier nanoTime, LongSupplier wallMillis) {

    private static final long MILLIS_PER_SECOND = 1000;

    /**
     * A message on its way to peers.
     *
     * @param stamp of a retained message; null for any other
     */
    MeshPublish of(Message message, @Nullable HybridTimestamp stamp, byte[] body) {
        return new MeshPublish(
                message.topic(),
                message.qos(),
                stamp != null,
                stamp,
                nanoTime.getAsLong(),
                remainingSeconds(message),
                body);
    }

    /** Rounded up: a message with a part of a second to live is not expired. */
    private long remainingSeconds(Message message) {
        if (!message.canExpire()) {
            return MeshPublish.NEVER_EXPIRES;
        }
        long leftMillis = message.expiresAtMillis() - wallMillis.getAsLong();
        return Math.max(0, (leftMillis + MILLIS_PER_SECOND - 1) / MILLIS_PER_SECOND);
    }

    /** The message of a publish that came from a peer. */
    Message message(MeshPublish publish) {
        return message(publish, null);
    }

    /** The message of one of the publishes that came behind another one. */
    Message message(MeshPublish publish, Slices further, int index) {
        return PublishCodec.decode(
                publish.topic(),
                publish.qos(),
                publish.retain(),
                further.array(),
                further.start(index),
                further.length(index),
                expiresAtMillis(publish),
                Origin.PEER);
    }

    /**
     * The same where somebody asks when it is done with.
     *
     * @param released run, on any thread, once all that hold the message gave it back
     */
    Message message(MeshPublish publish, @Nullable Runnable released) {
        return PublishCodec.decode(
                publish.topic(),
                publish.qos(),
                publish.retain(),
                publish.body(),
                expiresAtMillis(publish),
                Origin.PEER,
                released);
    }

    private long expiresAtMillis(MeshPublish publish) {
        if (publish.expirySeconds() == MeshPublish.NEVER_EXPIRES) {
            return Message.NEVER;
        }
        long ageMillis = TimeUnit.NANOSECONDS.toMillis(nanoTime.getAsLong() - publish.acceptedNanos());
        return wallMillis.getAsLong() - ageMillis + TimeUnit.SECONDS.toMillis(publish.expirySeconds());
    }
}
