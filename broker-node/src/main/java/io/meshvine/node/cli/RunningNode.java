package io.meshvine.node.cli;

import java.util.Map;

/** A node that serves. */
public interface RunningNode extends AutoCloseable {

    /** Display name. */
    String name();

    /**
     * Where it listens, {@code host:port} or {@code off}, by {@code mqtt}, {@code ws}, {@code mesh} and {@code admin};
     * ports are the real ones. Iterates in the order of the ready line.
     */
    Map<String, String> addresses();

    /** Drains and leaves the mesh. Blocks until done. Idempotent. */
    @Override
    void close();
}
