package io.meshvine.node.front;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttVersion;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What sockets do too seldom for a test: a connection without one. */
class FrontHandlerTest {

    private LoopbackNode node;

    @BeforeEach
    void start() {
        node = new LoopbackNode();
    }

    @AfterEach
    void stop() {
        node.close();
    }

    /** A client that does not take what is written to it. */
    private static final class Dam extends ChannelOutboundHandlerAdapter {
        private ChannelHandlerContext context;

        @Override
        public void handlerAdded(ChannelHandlerContext added) {
            context = added;
        }

        @Override
        public void flush(ChannelHandlerContext held) {}

        void open() {
            context.flush();
        }
    }

    private static MqttMessage connect() {
        MqttProperties properties = new MqttProperties();
        properties.add(new IntegerProperty(MqttPropertyType.SESSION_EXPIRY_INTERVAL.value(), 100));
        return MqttMessageBuilders.connect()
                .protocolVersion(MqttVersion.MQTT_5)
                .clientId("c")
                .properties(properties)
                .cleanSession(false)
                .build();
    }

    // moquette.md: serialise takeovers
    @Test
    void leavesTheSessionToTheNextConnectionIfTheFirstEndsBeforeItsConnackIsOut() {
        Dam dam = new Dam();
        EmbeddedChannel first = node.embedded(dam);
        first.writeInbound(connect());
        assertThat(node.sessions.get("c").isConnected()).isFalse();
        ClientConnection.of(first).takenOver();
        EmbeddedChannel second = node.embedded();
        second.writeInbound(connect());
        assertThat(second.<Object>readOutbound()).isInstanceOf(MqttConnAckMessage.class);
        second.runPendingTasks();
        dam.open();
        first.runPendingTasks();
        first.finishAndReleaseAll();
        second.writeInbound(MqttMessageBuilders.subscribe()
                .messageId(1)
                .addSubscription(MqttQoS.AT_MOST_ONCE, "a")
                .build());
        assertThat(second.<MqttMessage>readOutbound().fixedHeader().messageType())
                .isEqualTo(MqttMessageType.SUBACK);
        assertThat(node.sessions.get("c").isConnected()).isTrue();
        second.finishAndReleaseAll();
        assertThat(node.sessions.get("c").isConnected()).isFalse();
    }

    @Test
    void closesASocketThatItsClientNeitherReadsNorCloses() {
        Dam dam = new Dam();
        EmbeddedChannel channel = node.embedded(dam);
        channel.freezeTime();
        channel.writeInbound(connect());
        dam.open();
        channel.runPendingTasks();
        ClientConnection.of(channel).takenOver();
        assertThat(node.sessions.get("c").isConnected()).isFalse();
        channel.advanceTimeBy(2, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(channel.isOpen()).isFalse();
        channel.finishAndReleaseAll();
    }
}
