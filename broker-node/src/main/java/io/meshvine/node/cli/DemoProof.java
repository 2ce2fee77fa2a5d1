package io.meshvine.node.cli;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.meshvine.node.config.HostPort;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Sends messages in at one node and takes them out at another, with ordinary MQTT 5 clients at QoS 1.
 *
 * @param first from the call of publish to the arrival, for the first message
 * @param median the same for the messages after it
 * @param messages how many there were in all
 */
record DemoProof(Duration first, Duration median, int messages) {

    private static final String TOPIC = "meshvine/demo/proof";
    private static final int MESSAGES = 101;
    private static final long ARRIVAL_SECONDS = 10;
    private static final int CONNECT_MILLIS = 10_000;

    /** Subscribes at {@code to}, then publishes at {@code from}. */
    static DemoProof run(String from, String to) throws DemoException, InterruptedException {
        Mqtt5BlockingClient publisher = client(from, "meshvine-demo-in");
        Mqtt5BlockingClient subscriber = client(to, "meshvine-demo-out");
        try {
            subscriber.connect();
            publisher.connect();
            return measure(publisher, subscriber, from, to);
        } catch (RuntimeException e) {
            throw new DemoException("the proof failed between " + from + " and " + to + ": " + e.getMessage(), e);
        } finally {
            disconnect(publisher);
            disconnect(subscriber);
        }
    }

    private static DemoProof measure(
            Mqtt5BlockingClient publisher, Mqtt5BlockingClient subscriber, String from, String to)
            throws DemoException, InterruptedException {
        long[] nanos = new long[MESSAGES];
        try (Mqtt5BlockingClient.Mqtt5Publishes arrivals = subscriber.publishes(MqttGlobalPublishFilter.ALL)) {
            subscriber
                    .subscribeWith()
                    .topicFilter(TOPIC)
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .send();
            for (int i = 0; i < MESSAGES; i++) {
                byte[] payload = Integer.toString(i).getBytes(StandardCharsets.UTF_8);
                long sent = System.nanoTime();
                publisher
                        .publishWith()
                        .topic(TOPIC)
                        .qos(MqttQos.AT_LEAST_ONCE)
                        .payload(payload)
                        .send();
                Optional<Mqtt5Publish> arrived = arrivals.receive(ARRIVAL_SECONDS, TimeUnit.SECONDS);
                nanos[i] = System.nanoTime() - sent;
                if (arrived.isEmpty()) {
                    throw new DemoException("message " + (i + 1) + ", published at " + from + ", did not arrive at "
                            + to + " within " + ARRIVAL_SECONDS + " s");
                }
                if (!Arrays.equals(arrived.get().getPayloadAsBytes(), payload)) {
                    throw new DemoException("another message than number " + (i + 1) + " arrived at " + to);
                }
            }
        }
        long[] later = Arrays.copyOfRange(nanos, 1, MESSAGES);
        Arrays.sort(later);
        return new DemoProof(Duration.ofNanos(nanos[0]), Duration.ofNanos(later[later.length / 2]), MESSAGES);
    }

    private static Mqtt5BlockingClient client(String address, String id) {
        HostPort server = HostPort.parse(address, 1883);
        return MqttClient.builder()
                .useMqttVersion5()
                .identifier(id)
                .serverHost(server.host())
                .serverPort(server.port())
                .transportConfig()
                .mqttConnectTimeout(CONNECT_MILLIS, TimeUnit.MILLISECONDS)
                .applyTransportConfig()
                .buildBlocking();
    }

    private static void disconnect(Mqtt5BlockingClient client) {
        if (client.getState().isConnected()) {
            client.disconnect();
        }
    }
}
