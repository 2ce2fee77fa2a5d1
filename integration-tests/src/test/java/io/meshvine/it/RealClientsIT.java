package io.meshvine.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientTransportConfig;
import com.hivemq.client.mqtt.MqttWebSocketConfig;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import io.meshvine.it.harness.EachPlacement;
import io.meshvine.it.harness.Placement;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.paho.client.mqttv3.MqttMessage;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttSubscription;

/** The clients that people have: HiveMQ's, Paho's and Mosquitto's, with publisher and subscriber on one node and on two. */
class RealClientsIT extends BrokerTest {

    private static final int MESSAGES = 100;

    @EachPlacement
    void hiveMqOverWebSocket(Placement placement) throws Exception {
        BlockingQueue<String> received = new ArrayBlockingQueue<>(MESSAGES);
        Mqtt3AsyncClient subscriber = hiveWebSocket(placement.subscriberNode());
        subscriber.connect().get();
        subscriber
                .subscribeWith()
                .topicFilter(topic("#"))
                .qos(MqttQos.EXACTLY_ONCE)
                .callback(message -> received.add(new String(message.getPayloadAsBytes(), StandardCharsets.UTF_8)))
                .send()
                .get();
        Mqtt3AsyncClient publisher = hiveWebSocket(placement.publisherNode());
        publisher.connect().get();
        for (int i = 0; i < MESSAGES; i++) {
            publisher
                    .publishWith()
                    .topic(topic("t"))
                    .qos(i % 2 == 0 ? MqttQos.AT_LEAST_ONCE : MqttQos.EXACTLY_ONCE)
                    .payload(Integer.toString(i).getBytes(StandardCharsets.UTF_8))
                    .send()
                    .get();
        }
        await().atMost(PATIENCE).until(() -> received.size() == MESSAGES);
        publisher.disconnect().get();
        subscriber.disconnect().get();
    }

    @EachPlacement
    void pahoWithMqtt311(Placement placement) throws Exception {
        BlockingQueue<String> received = new ArrayBlockingQueue<>(MESSAGES);
        try (org.eclipse.paho.client.mqttv3.MqttClient subscriber = paho3(placement.subscriberNode());
                org.eclipse.paho.client.mqttv3.MqttClient publisher = paho3(placement.publisherNode())) {
            subscriber.connect();
            subscriber.subscribe(
                    topic("+"),
                    2,
                    (topic, message) -> received.add(new String(message.getPayload(), StandardCharsets.UTF_8)));
            publisher.connect();
            for (int i = 0; i < MESSAGES; i++) {
                MqttMessage message = new MqttMessage(Integer.toString(i).getBytes(StandardCharsets.UTF_8));
                message.setQos(1 + i % 2);
                publisher.publish(topic("t"), message);
            }
            await().atMost(PATIENCE).until(() -> received.size() == MESSAGES);
            publisher.disconnect();
            subscriber.disconnect();
        }
    }

    @EachPlacement
    void pahoWithMqtt5(Placement placement) throws Exception {
        BlockingQueue<String> received = new ArrayBlockingQueue<>(MESSAGES);
        org.eclipse.paho.mqttv5.client.MqttClient subscriber = paho5(placement.subscriberNode());
        org.eclipse.paho.mqttv5.client.MqttClient publisher = paho5(placement.publisherNode());
        subscriber.connect();
        subscriber.subscribe(
                new MqttSubscription[] {new MqttSubscription(topic("+"), 2)},
                new org.eclipse.paho.mqttv5.client.IMqttMessageListener[] {
                    (topic, message) -> received.add(new String(message.getPayload(), StandardCharsets.UTF_8))
                });
        publisher.connect();
        for (int i = 0; i < MESSAGES; i++) {
            publisher.publish(topic("t"), Integer.toString(i).getBytes(StandardCharsets.UTF_8), 1 + i % 2, false);
        }
        await().atMost(PATIENCE).until(() -> received.size() == MESSAGES);
        publisher.disconnect();
        subscriber.disconnect();
        publisher.close();
        subscriber.close();
    }

    @EachPlacement
    void mosquittoTools(Placement placement) throws Exception {
        assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/mosquitto_sub")), "Debian's mosquitto-clients are not installed");
        for (String version : List.of("mqttv311", "mqttv5")) {
            // Retained, for mosquitto_sub does not say through a pipe when it has subscribed.
            String topic = topic(version);
            run("mosquitto_pub", placement.publisherNode(), "-V", version, "-t", topic, "-q", "2", "-r", "-m", "hello");
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(run(
                                    "mosquitto_sub",
                                    placement.subscriberNode(),
                                    "-V",
                                    version,
                                    "-t",
                                    topic,
                                    "-q",
                                    "2",
                                    "-C",
                                    "1",
                                    "-W",
                                    "2"))
                            .isEqualToIgnoringNewLines("hello"));
        }
    }

    /** Runs a tool to its end and returns what it printed. */
    private String run(String name, int node, String... arguments) throws IOException, InterruptedException {
        InetSocketAddress address = broker.mqtt(node);
        List<String> command = new ArrayList<>(
                List.of(name, "-h", address.getHostString(), "-p", Integer.toString(address.getPort())));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).as("%s ends", name).isTrue();
        return output;
    }

    private Mqtt3AsyncClient hiveWebSocket(int node) {
        InetSocketAddress address = broker.webSocket(node);
        return MqttClient.builder()
                .useMqttVersion3()
                .identifier(newClientId())
                .transportConfig(MqttClientTransportConfig.builder()
                        .serverHost(address.getHostString())
                        .serverPort(address.getPort())
                        .webSocketConfig(
                                MqttWebSocketConfig.builder().serverPath("mqtt").build())
                        .build())
                .buildAsync();
    }

    private org.eclipse.paho.client.mqttv3.MqttClient paho3(int node) throws Exception {
        return new org.eclipse.paho.client.mqttv3.MqttClient(uri(node), newClientId(), new MemoryPersistence());
    }

    private org.eclipse.paho.mqttv5.client.MqttClient paho5(int node) throws Exception {
        return new org.eclipse.paho.mqttv5.client.MqttClient(
                uri(node), newClientId(), new org.eclipse.paho.mqttv5.client.persist.MemoryPersistence());
    }

    private String uri(int node) {
        return "tcp://" + broker.mqtt(node).getHostString() + ":"
                + broker.mqtt(node).getPort();
    }
}
