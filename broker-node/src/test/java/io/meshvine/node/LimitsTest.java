package io.meshvine.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5SubAckException;
import io.meshvine.node.config.ConfigException;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a node takes from one client, one address and all of them, as configured. Where a limit makes somebody wait, the test asks
 * for the least time that it takes: a slow machine only adds to that.
 */
class LimitsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    Path folder;

    private final List<Socket> sockets = new ArrayList<>();
    private TestNode node;

    @AfterEach
    void stop() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        if (node != null) {
            node.close();
        }
    }

    private void start(String... settings) {
        node = TestNode.start(folder, TestNode.settings(settings));
    }

    /** A connection from an address of the loopback network. */
    @SuppressWarnings("AddressSelection") // numbers, no names
    private Socket open(String from) throws IOException {
        Socket socket =
                new Socket(InetAddress.getByName("127.0.0.1"), node.port("mqtt"), InetAddress.getByName(from), 0);
        socket.setSoTimeout((int) PATIENCE.toMillis());
        sockets.add(socket);
        return socket;
    }

    /** Whether a CONNECT is answered; else the connection was closed. */
    private boolean isServed(Socket socket) throws IOException {
        byte[] connect = {0x10, 13, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60, 0, 1, (byte) ('a' + sockets.size())};
        try {
            socket.getOutputStream().write(connect);
            return socket.getInputStream().read() == 0x20;
        } catch (IOException reset) {
            return false;
        }
    }

    private Mqtt5BlockingClient client() {
        return MqttClient.builder()
                .useMqttVersion5()
                .serverHost("127.0.0.1")
                .serverPort(node.port("mqtt"))
                .buildBlocking();
    }

    @Test
    void addressesAreAllowedAndDeniedByListener() throws IOException {
        start("mqtt.tcp.allow", "127.0.0.0/30, 127.9.0.0/16", "mqtt.tcp.deny", "127.0.0.2");
        assertThat(isServed(open("127.0.0.1"))).isTrue();
        assertThat(isServed(open("127.0.0.3"))).isTrue();
        assertThat(isServed(open("127.9.255.1"))).isTrue();
        assertThat(isServed(open("127.0.0.2"))).isFalse();
        assertThat(isServed(open("127.0.0.4"))).isFalse();
        assertThat(isServed(open("127.8.0.1"))).isFalse();
        assertThat(node.get("/api/v1/mesh")).contains("\"address-denied\" : 3");
    }

    @Test
    void oneAddressHasSoManyConnectionsAndOthersHaveTheirs() throws IOException {
        start("mqtt.connections-per-address", "2");
        Socket first = open("127.0.0.1");
        assertThat(isServed(first)).isTrue();
        assertThat(isServed(open("127.0.0.1"))).isTrue();
        assertThat(isServed(open("127.0.0.1"))).isFalse();
        assertThat(isServed(open("127.0.0.2"))).isTrue();
        first.close();
        await().atMost(PATIENCE).until(() -> isServed(open("127.0.0.1")));
    }

    @Test
    void oneAddressConnectsSoOftenAndOthersAreServed() throws IOException {
        start("mqtt.connection-rate-per-address", "3");
        for (int i = 0; i < 3; i++) {
            assertThat(isServed(open("127.0.0.1"))).isTrue();
        }
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(1)).until(() -> !isServed(open("127.0.0.1")));
        assertThat(isServed(open("127.0.0.2"))).isTrue();
        await().atMost(PATIENCE).until(() -> isServed(open("127.0.0.1")));
    }

    @Test
    void connectionsBeyondTheRateOfAllWaitAndAreServed() throws IOException {
        start("mqtt.connection-rate", "10");
        long start = System.nanoTime();
        for (int i = 0; i < 25; i++) {
            assertThat(isServed(open("127.0.0.1"))).isTrue();
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofSeconds(1));
    }

    @Test
    void aConnectBeyondItsSizeIsNotCollected() throws IOException {
        start("mqtt.max-connect-size", "1KiB", "mqtt.connect-timeout", "10m");
        Socket large = open("127.0.0.1");
        large.getOutputStream().write(new byte[] {0x10, (byte) 0x80, 0x10}); // 2,048 bytes are to come
        assertThat(large.getInputStream().read()).isEqualTo(-1);
        Mqtt5BlockingClient client = client();
        client.connect();
        client.publishWith()
                .topic("t")
                .qos(MqttQos.AT_LEAST_ONCE)
                .payload(new byte[100_000])
                .send();
        client.disconnect();
    }

    @Test
    void topicsAndFiltersHaveSoManyLevels() {
        start("mqtt.max-topic-levels", "3");
        Mqtt5BlockingClient client = client();
        client.connect();
        client.publishWith().topic("a/b/c").qos(MqttQos.AT_LEAST_ONCE).send();
        client.subscribeWith().topicFilter("a/+/#").send();
        client.subscribeWith().topicFilter("$share/g/a/b/c").send();
        assertThat(catchThrowableOfType(
                                Mqtt5PubAckException.class,
                                () -> client.publishWith()
                                        .topic("a/b/c/d")
                                        .qos(MqttQos.AT_LEAST_ONCE)
                                        .send())
                        .getMqttMessage()
                        .getReasonCode()
                        .getCode())
                .isEqualTo(0x90);
        assertThat(catchThrowableOfType(
                                Mqtt5SubAckException.class,
                                () -> client.subscribeWith()
                                        .topicFilter("a/b/c/#")
                                        .send())
                        .getMqttMessage()
                        .getReasonCodes()
                        .get(0)
                        .getCode())
                .isEqualTo(0x8F);
        client.disconnect();
    }

    @Test
    void whoPublishesTooFastWaitsAndLosesNothing() {
        start("mqtt.publish-rate", "50");
        long nanos = publishAll(400, 10);
        assertThat(Duration.ofNanos(nanos)).isGreaterThan(Duration.ofMillis(1_500));
    }

    @Test
    void theRateCountsBytesToo() {
        start("mqtt.publish-bytes", "10000");
        long nanos = publishAll(60, 1_000);
        assertThat(Duration.ofNanos(nanos)).isGreaterThan(Duration.ofMillis(1_500));
    }

    /** How long it takes until all are acknowledged. */
    private long publishAll(int count, int payload) {
        Mqtt5AsyncClient client = client().toAsync();
        client.connect().join();
        long start = System.nanoTime();
        for (int part = 0; part < 4; part++) { // What comes with one read is taken as a whole; the next one waits.
            List<CompletableFuture<?>> all = new ArrayList<>();
            for (int i = 0; i < count / 4; i++) {
                all.add(client.publishWith()
                        .topic("t")
                        .qos(MqttQos.AT_LEAST_ONCE)
                        .payload(new byte[payload])
                        .send());
            }
            all.forEach(CompletableFuture::join);
        }
        long nanos = System.nanoTime() - start;
        client.disconnect().join();
        return nanos;
    }

    @Test
    void theAdminPortBelongsToItsUsers() throws IOException {
        Path users = Files.writeString(
                folder.resolve("admins"),
                "root:$7$101$ujKhZu5Bca1EhAoF$"
                        + "YqkOlOrceZerjjKIhXKtO1ML6ZAYZUZYzPz0yfPbVlzwfRYREawPn/o3YwXg88EyzyV4OK9SAVsjyviql/smxg==\n");
        start("admin.host", "0.0.0.0", "admin.password-file", users.toString());
        assertThat(adminStatus(null)).isEqualTo(401);
        assertThat(adminStatus("root:secret")).isEqualTo(200);
        for (int i = 0; i < 6; i++) {
            assertThat(adminStatus("root:guess" + i)).isEqualTo(401);
        }
        assertThat(adminStatus("root:secret")).as("known, whoever else guesses").isEqualTo(200);
    }

    @Test
    void theAdminPortIsNotOpenBeyondLoopbackWithoutUsers() {
        assertThatThrownBy(() -> start("admin.host", "0.0.0.0"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("admin.host=0.0.0.0")
                .hasMessageContaining("admin.password-file");
    }

    private int adminStatus(String credentials) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create("http://127.0.0.1:" + node.port("admin") + "/metrics")
                        .toURL()
                        .openConnection();
        if (credentials != null) {
            connection.setRequestProperty(
                    "Authorization",
                    "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8)));
        }
        return connection.getResponseCode();
    }
}
