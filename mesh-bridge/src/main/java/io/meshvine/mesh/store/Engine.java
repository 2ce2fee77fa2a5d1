package io.meshvine.mesh.store;

import io.meshvine.mesh.WriteUnit;
import java.util.List;

/** What a {@link GroupWriter} writes to. Called by its thread only. */
interface Engine {

    /**
     * Applies units in order and makes them durable. After a failure some first part of their changes may have been
     * applied: the same units come again, before any other.
     */
    void commit(List<WriteUnit> units) throws EngineException;

    /** Called before a commit is tried again, after one has failed. */
    void recover() throws EngineException;

    /** Nothing is to be written for now; called once a second at least while that is so. */
    void idle() throws EngineException;
}
