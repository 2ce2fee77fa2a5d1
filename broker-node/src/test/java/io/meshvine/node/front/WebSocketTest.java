package io.meshvine.node.front;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** MQTT over WebSocket (MQTT 5, 6) with the JDK's client. */
class WebSocketTest {

    private static final String CONNECT = "10 0d 0004 4d515454 04 02 003c 0001 61";
    private static final String CONNACK = "20020000";

    private final HttpClient http = HttpClient.newHttpClient();
    private LoopbackNode node;

    @BeforeEach
    void start() {
        node = new LoopbackNode();
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private static final class Frames implements WebSocket.Listener {
        private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
        private final CompletableFuture<Integer> closed = new CompletableFuture<>();
        private final ByteArrayOutputStream partial = new ByteArrayOutputStream();

        @Override
        public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
            byte[] bytes = new byte[data.remaining()];
            data.get(bytes);
            partial.writeBytes(bytes);
            if (last) {
                messages.add(HexFormat.of().formatHex(partial.toByteArray()));
                partial.reset();
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            closed.complete(code);
            return null;
        }

        String next() throws InterruptedException {
            return messages.poll(5, TimeUnit.SECONDS);
        }
    }

    private WebSocket open(Frames frames, String path, String... subprotocols) {
        WebSocket.Builder builder = http.newWebSocketBuilder();
        if (subprotocols.length == 1) {
            builder.subprotocols(subprotocols[0]);
        }
        return builder.buildAsync(URI.create("ws://127.0.0.1:" + node.front.wsPort() + path), frames)
                .join();
    }

    private static ByteBuffer hex(String hex) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    // [MQTT-6.0.0-4]
    @Test
    void selectsTheSubprotocolOfMqtt() throws InterruptedException {
        Frames frames = new Frames();
        WebSocket socket = open(frames, "/mqtt", "mqtt");
        assertThat(socket.getSubprotocol()).isEqualTo("mqtt");
        socket.sendBinary(hex(CONNECT), true).join();
        assertThat(frames.next()).isEqualTo(CONNACK);
        socket.abort();
    }

    // [MQTT-6.0.0-2]
    @Test
    void readsPacketsAcrossFramesAndFragments() throws InterruptedException {
        Frames frames = new Frames();
        WebSocket socket = open(frames, "/mqtt", "mqtt");
        String both = CONNECT + "c000"; // and a PINGREQ
        byte[] bytes = hex(both).array();
        for (int i = 0; i < bytes.length; i++) {
            boolean last = i % 4 == 3 || i == bytes.length - 1; // messages of up to four fragments
            socket.sendBinary(ByteBuffer.wrap(bytes, i, 1), last).join();
        }
        String answers = frames.next();
        while (answers.length() < (CONNACK + "d000").length()) {
            answers += frames.next();
        }
        assertThat(answers).isEqualTo(CONNACK + "d000");
        socket.abort();
    }

    // [MQTT-6.0.0-1]
    @Test
    void closesAtATextFrame() throws Exception {
        Frames frames = new Frames();
        WebSocket socket = open(frames, "/mqtt", "mqtt");
        socket.sendText("hello", true).join();
        assertThat(frames.closed.get(5, TimeUnit.SECONDS)).isEqualTo(1003);
        socket.abort();
    }

    @Test
    void answersOtherPathsWith404() throws Exception {
        HttpResponse<String> response = http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.front.wsPort() + "/other"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(404);
        Frames frames = new Frames();
        Assertions.assertThatThrownBy(() -> open(frames, "/other", "mqtt")).isInstanceOf(CompletionException.class);
    }

    @Test
    void sendsAReasonBeforeItCloses() throws Exception {
        Frames frames = new Frames();
        WebSocket socket = open(frames, "/mqtt", "mqtt");
        socket.sendBinary(hex("10 0e 0004 4d515454 05 02 003c 00 0001 61"), true)
                .join();
        assertThat(frames.next()).startsWith("20");
        socket.sendBinary(hex("30 03 0000 00"), true).join();
        assertThat(frames.next()).startsWith("e0").contains("82");
        assertThat(frames.closed.get(5, TimeUnit.SECONDS)).isPositive();
        socket.abort();
    }
}
