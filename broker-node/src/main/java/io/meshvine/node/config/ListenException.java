package io.meshvine.node.config;

import java.io.IOException;

/** A server socket could not be opened; says which setting is concerned and what to do. */
public final class ListenException extends IOException {

    /**
     * @param setting the listener's settings without {@code .host} or {@code .port}, as {@code mqtt.tcp}
     * @param listener where it should have listened
     */
    public ListenException(String setting, Listener listener, Throwable cause) {
        super(
                setting + ": cannot listen on " + listener + " (" + rootOf(cause)
                        + "); stop what uses that address, or set " + setting
                        + ".port to another port (0 takes any free one)",
                cause);
    }

    private static String rootOf(Throwable cause) {
        Throwable root = cause;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String message = root.getMessage();
        return message == null ? root.toString() : message;
    }
}
