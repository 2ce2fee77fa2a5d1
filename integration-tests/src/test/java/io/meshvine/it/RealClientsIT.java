package io.meshvine.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientTransportConfig;
import com.hivemq.client.mqtt.MqttWebSocketConfig;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import io.meshvine.it.harness.EachPlacement;
import io.meshvine.it.harness.MosquittoTool;
import io.meshvine.it.harness.Placement;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
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
        MosquittoTool.assumeInstalled();
        for (String version : List.of("mqttv311", "mqttv5")) {
            // Retained, for mosquitto_sub does not say through a pipe when it has subscribed.
            String topic = topic(version);
            MosquittoTool.run(
                    "mosquitto_pub",
                    broker.mqtt(placement.publisherNode()),
                    "-V",
                    version,
                    "-t",
                    topic,
                    "-q",
                    "2",
                    "-r",
                    "-m",
                    "hello");
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(MosquittoTool.run(
                                    "mosquitto_sub",
                                    broker.mqtt(placement.subscriberNode()),
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
