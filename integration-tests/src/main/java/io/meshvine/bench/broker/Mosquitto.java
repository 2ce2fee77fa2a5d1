package io.meshvine.bench.broker;

import io.meshvine.harness.ChildProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The distribution's Mosquitto with its defaults: only a listener on loopback and anonymous access are configured. */
final class Mosquitto implements Broker {
    private static final String DEBIAN_BINARY = "/usr/sbin/mosquitto";

    private final BrokerSpec spec;
    private final ChildProcess process;
    private final BrokerNode node;

    Mosquitto(BrokerSpec spec, Path directory) {
        this.spec = spec;
        int port = ChildProcess.freePort();
        Path config = directory.resolve("mosquitto.conf");
        try {
            Files.createDirectories(directory);
            Files.writeString(config, "listener " + port + " 127.0.0.1\nallow_anonymous true\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String binary = spec.options().getOrDefault("bin", DEBIAN_BINARY);
        process = new ChildProcess(directory, "mosquitto", List.of(binary, "-c", config.toString()), Map.of());
        InetSocketAddress address = ChildProcess.loopback(port);
        process.awaitListening(address);
        node = new BrokerNode("mosquitto", process.pid(), address, false, null, process.age());
    }

    @Override
    public String name() {
        return spec.text();
    }

    @Override
    public List<BrokerNode> nodes() {
        return List.of(node);
    }

    @Override
    public void close() {
        process.close();
    }
}
