package io.meshvine.node.front;

import io.netty.handler.codec.mqtt.MqttMessageType;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;

/** What the front counted since the start of the node. Any thread. */
public final class FrontCounters {

    final LongAdder connections = new LongAdder();
    final LongAdder bytesIn = new LongAdder();
    final LongAdder bytesOut = new LongAdder();
    private final Map<MqttMessageType, LongAdder> packetsIn = adders(MqttMessageType.class);
    private final Map<MqttMessageType, LongAdder> packetsOut = adders(MqttMessageType.class);
    private final Map<Drop, LongAdder> dropped = adders(Drop.class);
    private final ConcurrentMap<String, LongAdder> connects = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, LongAdder> disconnects = new ConcurrentHashMap<>();
    private final LongAdder[] publishesIn = {new LongAdder(), new LongAdder(), new LongAdder()};
    private final LongAdder[] publishesOut = {new LongAdder(), new LongAdder(), new LongAdder()};
    private final LongAdder failures = new LongAdder();

    /** Why a publish of a client went nowhere. What a session drops, it counts itself. */
    public enum Drop {
        /** The client may not publish to that topic. */
        NOT_AUTHORIZED,
        /** The topic has more levels than this broker serves. */
        TOPIC_INVALID,
        /** The payload is not the UTF-8 text that it claims to be. */
        PAYLOAD_FORMAT_INVALID,
        /** There is no room for another retained message. */
        RETAINED_FULL;

        /** As it stands in metrics. */
        public String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** Connections that are open now. */
    public long connections() {
        return connections.sum();
    }

    /** Bytes read from and written to sockets, WebSocket framing excluded. */
    public long bytesIn() {
        return bytesIn.sum();
    }

    /** Bytes written to sockets, WebSocket framing excluded. */
    public long bytesOut() {
        return bytesOut.sum();
    }

    /** Packets received, by type. */
    public long packetsIn(MqttMessageType type) {
        return sum(packetsIn, type);
    }

    /** Packets sent, by type. */
    public long packetsOut(MqttMessageType type) {
        return sum(packetsOut, type);
    }

    /** Publishes received, by QoS. */
    public long publishesIn(int qos) {
        return publishesIn[qos].sum();
    }

    /** Publishes sent, by QoS. */
    public long publishesOut(int qos) {
        return publishesOut[qos].sum();
    }

    /** What was dropped, by reason. */
    public long dropped(Drop reason) {
        return sum(dropped, reason);
    }

    /** Faults of this node that cost one client its connection. */
    public long failures() {
        return failures.sum();
    }

    /** CONNECT packets answered, by result: "accepted" or the reason of the refusal. */
    public Map<String, Long> connects() {
        return snapshot(connects);
    }

    /** Connections that ended, by reason. */
    public Map<String, Long> disconnects() {
        return snapshot(disconnects);
    }

    void packetIn(MqttMessageType type) {
        increment(packetsIn, type);
    }

    void packetsOut(MqttMessageType type, int count) {
        add(packetsOut, type, count);
    }

    void publishesIn(int qos, int count) {
        publishesIn[qos].add(count);
        add(packetsIn, MqttMessageType.PUBLISH, count);
    }

    void publishesOut(int qos, int count) {
        publishesOut[qos].add(count);
        packetsOut(MqttMessageType.PUBLISH, count);
    }

    void drop(Drop reason) {
        increment(dropped, reason);
    }

    void connect(String result) {
        connects.computeIfAbsent(result, key -> new LongAdder()).increment();
    }

    void disconnect(String reason) {
        disconnects.computeIfAbsent(reason, key -> new LongAdder()).increment();
    }

    void failure() {
        failures.increment();
    }

    private static <E> void add(Map<E, LongAdder> adders, E key, int count) {
        LongAdder adder = adders.get(key);
        if (adder != null) {
            adder.add(count);
        }
    }

    private static <E extends Enum<E>> Map<E, LongAdder> adders(Class<E> type) {
        Map<E, LongAdder> adders = new EnumMap<>(type);
        for (E constant : type.getEnumConstants()) {
            adders.put(constant, new LongAdder());
        }
        return adders;
    }

    private static <E> void increment(Map<E, LongAdder> adders, E key) {
        LongAdder adder = adders.get(key);
        if (adder != null) {
            adder.increment();
        }
    }

    private static <E> long sum(Map<E, LongAdder> adders, E key) {
        LongAdder adder = adders.get(key);
        return adder == null ? 0 : adder.sum();
    }

    private static Map<String, Long> snapshot(Map<String, LongAdder> adders) {
        Map<String, Long> sums = new TreeMap<>();
        adders.forEach((key, adder) -> sums.put(key, adder.sum()));
        return sums;
    }
}
