package io.meshvine.it.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Eclipse Mosquitto as a reference: a test that it passes is likely right. One node. Any thread. */
public final class Mosquitto implements Broker {

    private static final String BINARY = "/usr/sbin/mosquitto";

    private final BrokerProcess process;
    private final InetSocketAddress mqtt;
    private final InetSocketAddress webSocket;

    private Mosquitto(BrokerProcess process, InetSocketAddress mqtt, InetSocketAddress webSocket) {
        this.process = process;
        this.mqtt = mqtt;
        this.webSocket = webSocket;
    }

    public static Mosquitto start() {
        InetSocketAddress mqtt = freeAddress();
        InetSocketAddress webSocket = freeAddress();
        String configuration = String.join(
                "\n",
                "listener " + mqtt.getPort() + " 127.0.0.1",
                "protocol mqtt",
                "listener " + webSocket.getPort() + " 127.0.0.1",
                "protocol websockets",
                "allow_anonymous true",
                "persistence false",
                "sys_interval 1",
                "max_queued_messages 0",
                "max_packet_size 8388608",
                "");
        try {
            Path directory = Files.createDirectories(Path.of("target", "it").toAbsolutePath());
            Path file = Files.writeString(directory.resolve("mosquitto.conf"), configuration);
            BrokerProcess process = BrokerProcess.start(
                    "mosquitto",
                    directory.resolve("mosquitto.log"),
                    List.of(BINARY, "-v", "-c", file.toString()),
                    Map.of());
            await().atMost(Duration.ofSeconds(10)).until(() -> accepts(mqtt) && accepts(webSocket));
            return new Mosquitto(process, mqtt, webSocket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Mosquitto cannot choose a port itself: an address that was free a moment ago. */
    private static InetSocketAddress freeAddress() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return new InetSocketAddress(socket.getInetAddress(), socket.getLocalPort());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean accepts(InetSocketAddress address) {
        try (Socket socket = new Socket()) {
            socket.connect(address);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public int nodes() {
        return 1;
    }

    @Override
    public InetSocketAddress mqtt(int node) {
        return mqtt;
    }

    @Override
    public InetSocketAddress webSocket(int node) {
        return webSocket;
    }

    @Override
    public void assertAlive() {
        assertThat(process.isAlive()).as("mosquitto runs").isTrue();
    }

    @Override
    public String logTails() {
        return process.tail();
    }

    @Override
    public void close() {
        process.terminate();
    }
}
