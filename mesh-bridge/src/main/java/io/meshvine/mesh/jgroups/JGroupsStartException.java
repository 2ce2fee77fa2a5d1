package io.meshvine.mesh.jgroups;

/** The transport could not start. The message is for the operator: what is wrong, and what to do. */
public final class JGroupsStartException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    JGroupsStartException(String message, Throwable cause) {
        super(message, cause);
    }
}
