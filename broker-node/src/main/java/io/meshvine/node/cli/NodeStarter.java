package io.meshvine.node.cli;

import io.meshvine.node.config.LoadedConfig;
import java.io.IOException;

/** Brings up a node. */
@FunctionalInterface
public interface NodeStarter {

    /**
     * Returns once the node serves.
     *
     * @throws IOException if it cannot; the message says what to do. Nothing is left open then
     */
    RunningNode start(LoadedConfig config) throws IOException;
}
