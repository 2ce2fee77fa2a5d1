package io.meshvine.bench.broker;

import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One broker process.
 *
 * @param mqtt address for MQTT over TCP, or over TLS
 * @param tls whether it is over TLS
 * @param admin base address of the admin endpoint; null where there is none
 * @param startTime from the start of the process until it said that it serves
 */
public record BrokerNode(
        String name,
        long pid,
        InetSocketAddress mqtt,
        boolean tls,
        @Nullable URI admin,
        Duration startTime) {}
