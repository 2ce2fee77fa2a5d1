package io.meshvine.node.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Asks a node's admin endpoint. Uses the JDK's old client: it costs half a second less at start than the new one. */
final class AdminClient {

    private static final int TIMEOUT_MILLIS = 3_000;

    private final URI base;

    AdminClient(URI base) {
        this.base = base;
    }

    /**
     * An answer.
     *
     * @param status HTTP status
     */
    record Answer(int status, String body) {
        boolean isOk() {
            return status == HttpURLConnection.HTTP_OK;
        }
    }

    /** Asks for a path that starts with a slash. */
    Answer get(String path) throws IOException {
        return ask("GET", path, TIMEOUT_MILLIS);
    }

    /** Has something done, and waits so long for the answer. */
    Answer post(String path, int timeoutMillis) throws IOException {
        return ask("POST", path, timeoutMillis);
    }

    private Answer ask(String method, String path, int timeoutMillis) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) base.resolve(path).toURL().openConnection();
        connection.setRequestMethod(method);
        connection.setConnectTimeout(TIMEOUT_MILLIS);
        connection.setReadTimeout(timeoutMillis);
        try {
            int status = connection.getResponseCode();
            return new Answer(status, text(status < 400 ? connection.getInputStream() : connection.getErrorStream()));
        } catch (IOException e) {
            throw new IOException(
                    "no answer from " + base + " (" + e.getMessage() + "); is the node running, and is"
                            + " that its admin address? Name another with --admin URL",
                    e);
        } finally {
            connection.disconnect();
        }
    }

    private static String text(@Nullable InputStream body) throws IOException {
        if (body == null) {
            return "";
        }
        try (body) {
            return new String(body.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
