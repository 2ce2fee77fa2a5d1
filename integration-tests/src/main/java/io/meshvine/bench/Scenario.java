package io.meshvine.bench;

import io.meshvine.bench.load.LoadPlan;
import io.meshvine.bench.load.Protocol;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * A named pattern of traffic. "n:m" is publishers to subscribers; ten to ten are ten pairs with a topic each, one to fifty is one topic
 * with fifty subscribers, fifty to one is fifty topics under one wildcard subscription.
 */
enum Scenario {
    QOS0_1X1("qos0-1x1", 1, 1, 1, 0, 0),
    QOS1_1X1("qos1-1x1", 1, 1, 1, 1, 0),
    QOS0_10X10("qos0-10x10", 10, 1, 1, 0, 0),
    QOS1_10X10("qos1-10x10", 10, 1, 1, 1, 0),
    QOS2_10X10("qos2-10x10", 10, 1, 1, 2, 0),
    FAN_OUT("fanout-1x50", 1, 1, 50, 0, 0),
    FAN_OUT_QOS1("fanout-qos1-1x50", 1, 1, 50, 1, 0),
    FAN_IN("fanin-50x1", 1, 50, 1, 0, 0),
    LATENCY_QOS0("latency-qos0", 10, 1, 1, 0, 2_000),
    LATENCY_QOS1("latency-qos1", 10, 1, 1, 1, 2_000);

    /** More than this, Mosquitto 2.0.11 acknowledges and loses when the client speaks MQTT 3.1.1, which has no Receive Maximum. */
    private static final int QOS2_IN_FLIGHT = 20;

    private final String label;
    private final int groups;
    private final int publishersPerGroup;
    private final int subscribersPerGroup;
    private final int qos;
    private final int ratePerSecond;

    Scenario(String label, int groups, int publishersPerGroup, int subscribersPerGroup, int qos, int ratePerSecond) {
        this.label = label;
        this.groups = groups;
        this.publishersPerGroup = publishersPerGroup;
        this.subscribersPerGroup = subscribersPerGroup;
        this.qos = qos;
        this.ratePerSecond = ratePerSecond;
    }

    /** Name on the command line and in tables. */
    String label() {
        return label;
    }

    /** True if messages leave on a schedule and the times are the result; otherwise the rate is. */
    boolean measuresLatency() {
        return ratePerSecond > 0;
    }

    static Scenario of(String label) {
        return Arrays.stream(values())
                .filter(scenario -> scenario.label.equals(label))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown scenario " + label + ", known are "
                        + Arrays.stream(values()).map(Scenario::label).collect(Collectors.joining(", "))));
    }

    /** The plan of one run; the settings give what all scenarios share. */
    LoadPlan plan(String runName, Settings settings, InetSocketAddress publishAt, InetSocketAddress subscribeAt) {
        return new LoadPlan(
                runName,
                settings.protocol(),
                groups,
                publishersPerGroup,
                subscribersPerGroup,
                qos,
                settings.durable(),
                settings.payloadBytes(),
                ratePerSecond,
                settings.window(),
                qos == 2 ? QOS2_IN_FLIGHT : settings.window(),
                settings.warmUp(),
                settings.measure(),
                publishAt,
                subscribeAt);
    }

    /**
     * What all scenarios of a call share.
     *
     * @param durable whether the sessions of subscribers outlive their connections
     * @param window messages that may be on their way to one subscriber, closed loop
     */
    record Settings(
            Protocol protocol, boolean durable, int payloadBytes, int window, Duration warmUp, Duration measure) {
        Settings withMeasure(Duration longer) {
            return new Settings(protocol, durable, payloadBytes, window, warmUp, longer);
        }
    }
}
