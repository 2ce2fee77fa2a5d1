package io.meshvine.mesh;

/**
 * Records cannot be read or a store cannot be opened. The message says what is wrong, with which file, and what to do.
 * Never means that a record is absent.
 */
public final class StoreException extends IllegalStateException {

    public StoreException(String problem) {
        super(problem);
    }

    public StoreException(String problem, Throwable cause) {
        super(problem, cause);
    }
}
