package io.meshvine.node.front;

import static org.assertj.core.api.Assertions.assertThat;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A client that others wrote against the whole front: both versions, both transports. */
class RealClientsTest {

    private LoopbackNode node;

    @BeforeEach
    void start() {
        node = new LoopbackNode();
    }

    @AfterEach
    void stop() {
        node.close();
    }

    @ParameterizedTest
    @EnumSource(MqttQos.class)
    void deliversBetweenMqtt5Clients(MqttQos qos) throws InterruptedException {
        Mqtt5BlockingClient subscriber = MqttClient.builder()
                .useMqttVersion5()
                .serverHost("127.0.0.1")
                .serverPort(node.port())
                .buildBlocking();
        Mqtt5BlockingClient publisher = MqttClient.builder()
                .useMqttVersion5()
                .serverHost("127.0.0.1")
                .serverPort(node.front.wsPort())
                .webSocketConfig()
                .serverPath("mqtt")
                .applyWebSocketConfig()
                .buildBlocking();
        subscriber.connect();
        publisher.connect();
        try (Mqtt5BlockingClient.Mqtt5Publishes received = subscriber.publishes(MqttGlobalPublishFilter.ALL)) {
            subscriber.subscribeWith().topicFilter("a/+").qos(qos).send();
            publisher
                    .publishWith()
                    .topic("a/b")
                    .qos(qos)
                    .payload("hello".getBytes(StandardCharsets.UTF_8))
                    .send();
            assertThat(received.receive(5, TimeUnit.SECONDS)).hasValueSatisfying(publish -> {
                assertThat(publish.getQos()).isEqualTo(qos);
                assertThat(publish.getPayloadAsBytes()).isEqualTo("hello".getBytes(StandardCharsets.UTF_8));
            });
        }
        subscriber.disconnect();
        publisher.disconnect();
    }

    @ParameterizedTest
    @EnumSource(MqttQos.class)
    void deliversBetweenMqtt3Clients(MqttQos qos) throws InterruptedException {
        Mqtt3BlockingClient subscriber = MqttClient.builder()
                .useMqttVersion3()
                .serverHost("127.0.0.1")
                .serverPort(node.front.wsPort())
                .webSocketConfig()
                .serverPath("mqtt")
                .applyWebSocketConfig()
                .buildBlocking();
        Mqtt3BlockingClient publisher = MqttClient.builder()
                .useMqttVersion3()
                .serverHost("127.0.0.1")
                .serverPort(node.port())
                .buildBlocking();
        subscriber.connect();
        publisher.connect();
        try (Mqtt3BlockingClient.Mqtt3Publishes received = subscriber.publishes(MqttGlobalPublishFilter.ALL)) {
            subscriber.subscribeWith().topicFilter("a/#").qos(qos).send();
            publisher
                    .publishWith()
                    .topic("a/b")
                    .qos(qos)
                    .payload(new byte[10_000])
                    .send();
            assertThat(received.receive(5, TimeUnit.SECONDS)).hasValueSatisfying(publish -> {
                assertThat(publish.getQos()).isEqualTo(qos);
                assertThat(publish.getPayloadAsBytes()).hasSize(10_000);
            });
        }
        subscriber.disconnect();
        publisher.disconnect();
    }
}
