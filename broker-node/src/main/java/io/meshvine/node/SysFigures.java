package io.meshvine.node;

import io.meshvine.mesh.retained.RetainedMap;
import io.meshvine.node.front.FrontCounters;
import io.meshvine.node.routing.SysTopics;
import io.meshvine.node.session.SessionCounters;
import io.meshvine.node.session.Sessions;
import io.meshvine.node.session.SubscriptionDirectory;
import io.netty.handler.codec.mqtt.MqttMessageType;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** The figures below {@code $SYS/broker/}, named as Mosquitto names them (mosquitto(8), "Broker Status"). */
final class SysFigures {

    private final FrontCounters front;
    private final Sessions sessions;
    private final SubscriptionDirectory directory;
    private final RetainedMap retained;

    SysFigures(FrontCounters front, Sessions sessions, SubscriptionDirectory directory, RetainedMap retained) {
        this.front = front;
        this.sessions = sessions;
        this.directory = directory;
        this.retained = retained;
    }

    void register(SysTopics topics, String version, LongSupplier nanoTime) {
        long startedNanos = nanoTime.getAsLong();
        topics.value("$SYS/broker/version", () -> "meshvine " + version)
                .value(
                        "$SYS/broker/uptime",
                        () -> TimeUnit.NANOSECONDS.toSeconds(nanoTime.getAsLong() - startedNanos) + " seconds");
        clients(topics);
        messages(topics);
        topics.value("$SYS/broker/bytes/received", front::bytesIn)
                .value("$SYS/broker/bytes/sent", front::bytesOut)
                .value("$SYS/broker/retained messages/count", retained::liveCount)
                .value("$SYS/broker/subscriptions/count", directory::size);
        topics.load("$SYS/broker/load/messages/received", this::packetsIn)
                .load("$SYS/broker/load/messages/sent", this::packetsOut)
                .load("$SYS/broker/load/publish/received", this::publishesIn)
                .load("$SYS/broker/load/publish/sent", this::publishesOut)
                .load("$SYS/broker/load/bytes/received", front::bytesIn)
                .load("$SYS/broker/load/bytes/sent", front::bytesOut);
    }

    private void clients(SysTopics topics) {
        topics.value("$SYS/broker/clients/total", sessions::size)
                .value("$SYS/broker/clients/connected", sessions::connectedCount)
                .value("$SYS/broker/clients/disconnected", () -> sessions.size() - sessions.connectedCount());
    }

    private void messages(SysTopics topics) {
        SessionCounters counters = sessions.counters();
        topics.value("$SYS/broker/messages/received", this::packetsIn)
                .value("$SYS/broker/messages/sent", this::packetsOut)
                .value("$SYS/broker/publish/messages/received", this::publishesIn)
                .value("$SYS/broker/publish/messages/sent", this::publishesOut)
                .value("$SYS/broker/publish/messages/dropped", counters::dropped)
                .value("$SYS/broker/store/messages/count", counters::queued);
    }

    private long packetsIn() {
        long sum = 0;
        for (MqttMessageType type : MqttMessageType.values()) {
            sum += front.packetsIn(type);
        }
        return sum;
    }

    private long packetsOut() {
        long sum = 0;
        for (MqttMessageType type : MqttMessageType.values()) {
            sum += front.packetsOut(type);
        }
        return sum;
    }

    private long publishesIn() {
        return front.publishesIn(0) + front.publishesIn(1) + front.publishesIn(2);
    }

    private long publishesOut() {
        return front.publishesOut(0) + front.publishesOut(1) + front.publishesOut(2);
    }
}
