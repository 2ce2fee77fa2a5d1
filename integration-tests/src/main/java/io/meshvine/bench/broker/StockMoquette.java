package io.meshvine.bench.broker;

import io.meshvine.harness.ChildProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The embedded engine as it comes, without anything of ours around it, in a JVM of its own. */
final class StockMoquette implements Broker {
    private final BrokerSpec spec;
    private final ChildProcess process;
    private final BrokerNode node;

    StockMoquette(BrokerSpec spec, Path directory) {
        this.spec = spec;
        int port = ChildProcess.freePort();
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home", ""), "bin", "java").toString());
        command.addAll(spec.jvmOptions());
        command.add("-Dlogback.configurationFile=io/meshvine/bench/logback-bench.xml");
        command.addAll(List.of("-cp", spec.classPath(), StockMoquetteMain.class.getName(), Integer.toString(port)));
        process = new ChildProcess(directory, "moquette", command, Map.of());
        InetSocketAddress address = ChildProcess.loopback(port);
        process.awaitListening(address);
        node = new BrokerNode("moquette", process.pid(), address, false, null, process.age());
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
