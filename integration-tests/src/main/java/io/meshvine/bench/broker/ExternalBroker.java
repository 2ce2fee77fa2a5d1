package io.meshvine.bench.broker;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Brokers that somebody else started and will stop: ports, and process ids if they are to be sampled, separated by slashes. */
final class ExternalBroker implements Broker {
    private final BrokerSpec spec;
    private final List<BrokerNode> nodes = new ArrayList<>();

    ExternalBroker(BrokerSpec spec) {
        this.spec = spec;
        String host = spec.options().getOrDefault("host", "127.0.0.1");
        String[] ports = spec.options().getOrDefault("port", "1883").split("/", -1);
        // Without process ids, this client's own is sampled: the columns are then its own and say nothing of the
        // broker.
        String[] pids = spec.options()
                .getOrDefault("pid", Long.toString(ProcessHandle.current().pid()))
                .split("/", -1);
        for (int i = 0; i < ports.length; i++) {
            InetSocketAddress address = new InetSocketAddress(host, Integer.parseInt(ports[i]));
            long pid = Long.parseLong(pids[Math.min(i, pids.length - 1)]);
            nodes.add(new BrokerNode("external" + i, pid, address, false, null, Duration.ZERO));
        }
    }

    @Override
    public String name() {
        return spec.text();
    }

    @Override
    public List<BrokerNode> nodes() {
        return List.copyOf(nodes);
    }

    @Override
    public void close() {}
}
