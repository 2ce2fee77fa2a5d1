package io.meshvine.node.cli;

import org.jspecify.annotations.Nullable;

/** The demonstration cannot go on; the message is for whoever started it and says what to do. */
final class DemoException extends Exception {

    DemoException(String message) {
        this(message, null);
    }

    DemoException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
