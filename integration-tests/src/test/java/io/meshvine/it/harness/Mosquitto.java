package io.meshvine.it.harness;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.harness.ChildProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Eclipse Mosquitto as a reference: a test that it passes is likely right. One node. Any thread. */
public final class Mosquitto implements Broker {

    private static final String BINARY = "/usr/sbin/mosquitto";

    private final ChildProcess process;
    private final InetSocketAddress mqtt;
    private final InetSocketAddress webSocket;

    private Mosquitto(ChildProcess process, InetSocketAddress mqtt, InetSocketAddress webSocket) {
        this.process = process;
        this.mqtt = mqtt;
        this.webSocket = webSocket;
    }

    public static Mosquitto start() {
        // Mosquitto cannot choose ports itself: these were free a moment ago.
        InetSocketAddress mqtt = ChildProcess.loopback(ChildProcess.freePort());
        InetSocketAddress webSocket = ChildProcess.loopback(ChildProcess.freePort());
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
            ChildProcess process =
                    new ChildProcess(directory, "mosquitto", List.of(BINARY, "-v", "-c", file.toString()), Map.of());
            process.awaitListening(mqtt);
            process.awaitListening(webSocket);
            return new Mosquitto(process, mqtt, webSocket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
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
