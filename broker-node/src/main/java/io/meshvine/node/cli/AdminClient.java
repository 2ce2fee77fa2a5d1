package io.meshvine.node.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Asks a node's admin endpoint. Uses the JDK's old client: it costs half a second less at start than the new one. */
final class AdminClient {

    private static final int TIMEOUT_MILLIS = 3_000;

    private final URI base;
    private final @Nullable String credentials;

    /** @param credentials user and password with a colon in between, null for none */
    AdminClient(URI base, @Nullable String credentials) {
        this.base = base;
        this.credentials = credentials;
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
        if (credentials != null) {
            byte[] pair = credentials.getBytes(StandardCharsets.UTF_8);
            connection.setRequestProperty(
                    "Authorization", "Basic " + Base64.getEncoder().encodeToString(pair)); // RFC 7617
        }
        connection.setConnectTimeout(TIMEOUT_MILLIS);
        connection.setReadTimeout(timeoutMillis);
        Answer answer;
        try {
            int status = connection.getResponseCode();
            answer = new Answer(status, text(status < 400 ? connection.getInputStream() : connection.getErrorStream()));
        } catch (IOException e) {
            throw new IOException(
                    "no answer from " + base + " (" + e.getMessage() + "); is the node running, and is"
                            + " that its admin address? Name another with --admin URL",
                    e);
        } finally {
            connection.disconnect();
        }
        if (answer.status() == HttpURLConnection.HTTP_UNAUTHORIZED) {
            throw new IOException(
                    base + " wants other credentials; name a file with user:password by --admin-credentials FILE");
        }
        return answer;
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
