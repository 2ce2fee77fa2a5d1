package io.meshvine.bench.broker;

import java.util.List;

/** A running broker or mesh of brokers under test. Closing it ends its processes. Used by one thread. */
public interface Broker extends AutoCloseable {
    /** Name as on the command line. */
    String name();

    /** Its nodes, in the order of their start. */
    List<BrokerNode> nodes();

    @Override
    void close();
}
