package io.meshvine.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5ClientBuilder;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import io.meshvine.node.config.ConfigException;
import io.meshvine.node.security.TestCa;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x509.GeneralName;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A node's listeners with TLS, through clients that others wrote. */
class TlsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    Path folder;

    private TestCa ca;
    private TestCa.Issued server;
    private TestNode node;

    @BeforeEach
    void issue() {
        ca = new TestCa(folder, "authority");
        server = ca.server("server");
    }

    @AfterEach
    void stop() {
        if (node != null) {
            node.close();
        }
    }

    private TestNode start(String... more) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "mqtt.tls.port",
                "0",
                "mqtt.wss.port",
                "0",
                "mqtt.tls.certificate",
                server.certificate().toString(),
                "mqtt.tls.key",
                server.key().toString()));
        settings.putAll(TestNode.settings(more));
        node = TestNode.start(folder, settings);
        return node;
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void servesMqttAndWebSocketWithEachVersion(String version) throws Exception {
        start("mqtt.tls.versions", version);
        Mqtt5BlockingClient overTcp = client(node.port("mqtts"), null, version).buildBlocking();
        Mqtt5BlockingClient overWebSocket = client(node.port("wss"), null, version)
                .webSocketConfig()
                .serverPath("mqtt")
                .applyWebSocketConfig()
                .buildBlocking();

        overTcp.connect();
        overWebSocket.connect();
        roundTrip(overWebSocket, overTcp);
        roundTrip(overTcp, overWebSocket);

        overTcp.disconnect();
        overWebSocket.disconnect();
    }

    @Test
    void refusesAVersionThatIsNotAllowed() {
        start("mqtt.tls.versions", "TLSv1.3");
        assertThatThrownBy(() -> client(node.port("mqtts"), null, "TLSv1.2")
                        .buildBlocking()
                        .connect())
                .hasRootCauseInstanceOf(SSLException.class);
        assertThat(node.scrape()).contains("mqtt_connections").doesNotContain("mqtt_failures_total 1.0");
    }

    @Test
    void usesOnlyTheCiphersThatAreNamed() throws Exception {
        start("mqtt.tls.versions", "TLSv1.2", "mqtt.tls.ciphers", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
        try (SSLSocket socket = socket()) {
            socket.startHandshake();
            assertThat(socket.getSession().getCipherSuite()).isEqualTo("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
        }
        try (SSLSocket socket = socket()) {
            socket.setEnabledCipherSuites(new String[] {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"});
            assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLException.class);
        }
    }

    @Test
    void clientsWithoutACertificateAreRefusedWhereOneIsRequired() throws Exception {
        start("mqtt.tls.client-auth", "required", "mqtt.tls.ca", ca.file().toString());
        TestCa other = new TestCa(folder, "other");

        Mqtt5BlockingClient known =
                client(node.port("mqtts"), ca.client("known"), "TLSv1.3").buildBlocking();
        known.connect();
        known.disconnect();
        assertThatThrownBy(() -> client(node.port("mqtts"), null, "TLSv1.3")
                        .buildBlocking()
                        .connect())
                .hasRootCauseInstanceOf(IOException.class);
        assertThatThrownBy(() -> client(node.port("mqtts"), other.client("stranger"), "TLSv1.3")
                        .buildBlocking()
                        .connect())
                .hasRootCauseInstanceOf(IOException.class);
    }

    @Test
    void garbageCostsOnlyItsOwnConnection() throws Exception {
        start();
        Mqtt5BlockingClient served = client(node.port("mqtts"), null, "TLSv1.3").buildBlocking();
        served.connect();
        try (Socket plain = new Socket(InetAddress.getLoopbackAddress(), node.port("mqtts"))) {
            plain.setSoTimeout((int) PATIENCE.toMillis());
            plain.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            plain.getInputStream().readAllBytes(); // ends: an alert, then the end of the stream
        }
        roundTrip(served, served);
        assertThat(node.scrape()).contains("meshvine_mqtt_failures_total 0.0");
        served.disconnect();
    }

    @Test
    void readsCertificatesAgainWithoutDroppingConnections() throws Exception {
        start();
        Mqtt5BlockingClient before = client(node.port("mqtts"), null, "TLSv1.3").buildBlocking();
        before.connect();
        assertThat(presented()).isEqualTo(server.x509());

        // First garbled files, which must change nothing; then good ones, atomically replaced.
        Files.writeString(server.key(), "no key\n");
        TestCa.Issued renewed = ca.server("renewed");
        await().pollDelay(Duration.ofSeconds(5))
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(presented()).isEqualTo(server.x509()));
        Files.move(renewed.certificate(), server.certificate(), StandardCopyOption.REPLACE_EXISTING);
        Files.move(renewed.key(), server.key(), StandardCopyOption.REPLACE_EXISTING);

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(presented()).isEqualTo(renewed.x509()));
        roundTrip(before, before);
        before.disconnect();
    }

    @Test
    void refusesToStartWithFilesThatCannotBeUsed() throws IOException {
        Path empty = Files.writeString(folder.resolve("empty.pem"), "nothing\n");
        assertThatThrownBy(() -> start("mqtt.tls.certificate", empty.toString()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("mqtt.tls.certificate=" + empty)
                .hasMessageContaining("has no certificate in PEM");
        assertThatThrownBy(
                        () -> start("mqtt.tls.key", ca.server("another").key().toString()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("mqtt.tls.key")
                .hasMessageContaining("is not the key of the certificate");
        assertThatThrownBy(() -> start("mqtt.tls.key", folder.resolve("absent").toString()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("cannot be read");
    }

    @ParameterizedTest
    @CsvSource({"cn, meter-7", "san, meter.example"})
    void theNameInACertificateIsTheUser(String identity, String name) throws Exception {
        Path acl = Files.writeString(folder.resolve("acl"), "pattern readwrite by/%u\n");
        start(
                "mqtt.tls.client-auth",
                "required",
                "mqtt.tls.ca",
                ca.file().toString(),
                "mqtt.tls.identity",
                identity,
                "security.acl-file",
                acl.toString());
        TestCa.Issued certificate = ca.client(
                "meter-7",
                new GeneralName(GeneralName.uniformResourceIdentifier, "urn:meter"),
                new GeneralName(GeneralName.dNSName, "meter.example"));
        Mqtt5BlockingClient meter =
                client(node.port("mqtts"), certificate, "TLSv1.3").buildBlocking();
        meter.connect();
        publish(meter, "by/" + name);
        assertThatThrownBy(() -> publish(meter, "by/somebody-else")).isInstanceOf(Mqtt5PubAckException.class);
        meter.disconnect();
        assertThatThrownBy(() -> MqttClient.builder()
                        .useMqttVersion5()
                        .serverHost("127.0.0.1")
                        .serverPort(node.port("mqtt"))
                        .buildBlocking()
                        .connect())
                .as("without a certificate nobody is let in")
                .isInstanceOf(Mqtt5ConnAckException.class);
    }

    private static void publish(Mqtt5BlockingClient client, String topic) {
        client.publishWith().topic(topic).qos(MqttQos.AT_LEAST_ONCE).send();
    }

    @Test
    void mosquittosClientsConnect() throws Exception {
        start("mqtt.tls.client-auth", "required", "mqtt.tls.ca", ca.file().toString());
        TestCa.Issued client = ca.client("mosquitto");
        Mqtt5BlockingClient subscriber =
                client(node.port("mqtts"), ca.client("subscriber"), "TLSv1.3").buildBlocking();
        subscriber.connect();
        try (Mqtt5BlockingClient.Mqtt5Publishes received = subscriber.publishes(MqttGlobalPublishFilter.ALL)) {
            subscriber.subscribeWith().topicFilter("m/#").send();
            MosquittoClient.run(
                    "mosquitto_pub",
                    "-h",
                    "localhost",
                    "-p",
                    Integer.toString(node.port("mqtts")),
                    "--cafile",
                    ca.file().toString(),
                    "--cert",
                    client.certificate().toString(),
                    "--key",
                    client.key().toString(),
                    "-q",
                    "1",
                    "-t",
                    "m/t",
                    "-m",
                    "over TLS");
            assertThat(received.receive(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .hasValueSatisfying(
                            publish -> assertThat(new String(publish.getPayloadAsBytes(), StandardCharsets.UTF_8))
                                    .isEqualTo("over TLS"));
        }
        subscriber.disconnect();
    }

    // ---- Clients

    private void roundTrip(Mqtt5BlockingClient publisher, Mqtt5BlockingClient subscriber) throws InterruptedException {
        try (Mqtt5BlockingClient.Mqtt5Publishes received = subscriber.publishes(MqttGlobalPublishFilter.ALL)) {
            subscriber.subscribeWith().topicFilter("t/+").send();
            byte[] payload = new byte[100_000]; // more than one TLS record
            publisher
                    .publishWith()
                    .topic("t/1")
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .payload(payload)
                    .send();
            assertThat(received.receive(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .hasValueSatisfying(
                            publish -> assertThat(publish.getPayloadAsBytes()).isEqualTo(payload));
        }
    }

    private Mqtt5ClientBuilder client(int port, TestCa.@Nullable Issued own, String version) {
        return MqttClient.builder()
                .useMqttVersion5()
                .serverHost("localhost")
                .serverPort(port)
                .sslConfig(MqttClientSslConfig.builder()
                        .protocols(List.of(version))
                        .trustManagerFactory(trust())
                        .keyManagerFactory(own == null ? null : keys(own))
                        .build());
    }

    private TrustManagerFactory trust() {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setCertificateEntry("ca", ca.certificate());
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(store);
            return factory;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static KeyManagerFactory keys(TestCa.Issued own) {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("own", own.keys().getPrivate(), new char[0], new Certificate[] {own.x509()});
            KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
            factory.init(store, new char[0]);
            return factory;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private SSLSocket socket() throws GeneralSecurityException, IOException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust().getTrustManagers(), null);
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", node.port("mqtts"));
        socket.setSoTimeout((int) PATIENCE.toMillis());
        return socket;
    }

    /** The certificate that the node presents to a new connection. */
    private X509Certificate presented() throws GeneralSecurityException, IOException {
        try (SSLSocket socket = socket()) {
            socket.startHandshake();
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        }
    }
}
