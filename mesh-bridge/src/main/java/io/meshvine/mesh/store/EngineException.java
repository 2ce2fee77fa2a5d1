package io.meshvine.mesh.store;

/** Nothing could be written. The message is for people: what, where and what to do. */
final class EngineException extends Exception {

    EngineException(String problem, Throwable cause) {
        super(problem, cause);
    }
}
