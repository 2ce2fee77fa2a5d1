package io.meshvine.mesh.link;

import io.meshvine.mesh.wire.FrameKind;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One frame or a series of them that waits to be sent, encoded when its turn comes. Confined to the bridge loop. */
public interface Outgoing {

    FrameKind kind();

    /** The payload of the next frame; null once there is none. */
    byte @Nullable [] next();

    /** A single frame whose payload is known. */
    static Outgoing of(FrameKind kind, byte[] payload) {
        return once(kind, () -> payload);
    }

    /** A single frame whose payload says how things stand when it is sent. */
    static Outgoing once(FrameKind kind, Supplier<byte[]> payload) {
        return new Outgoing() {
            private boolean taken;

            @Override
            public FrameKind kind() {
                return kind;
            }

            @Override
            public byte @Nullable [] next() {
                if (taken) {
                    return null;
                }
                taken = true;
                return payload.get();
            }
        };
    }
}
