package io.meshvine.bench.broker;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/** A broker that somebody else started and will stop. */
final class ExternalBroker implements Broker {
    private final BrokerSpec spec;
    private final BrokerNode node;

    ExternalBroker(BrokerSpec spec) {
        this.spec = spec;
        InetSocketAddress address =
                new InetSocketAddress(spec.options().getOrDefault("host", "127.0.0.1"), spec.number("port", 1883));
        // Without a process id, this client's own is sampled: the columns are then its own and say nothing of the
        // broker.
        long pid = spec.number("pid", (int) ProcessHandle.current().pid());
        node = new BrokerNode("external", pid, address, null, Duration.ZERO);
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
    public void close() {}
}
