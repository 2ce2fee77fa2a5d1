package io.meshvine.node.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.BinaryProperty;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.StringPair;
import io.netty.handler.codec.mqtt.MqttProperties.StringProperty;
import io.netty.handler.codec.mqtt.MqttProperties.UserProperties;
import io.netty.handler.codec.mqtt.MqttProperties.UserProperty;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PublishCodecTest {

    @Test
    void keepsPayloadWithoutPropertiesAndLeavesTheIndicesOfTheSource() {
        ByteBuf payload =
                Unpooled.copiedBuffer("..hello", StandardCharsets.UTF_8).skipBytes(2);

        byte[] body = PublishCodec.encode(message(MqttProperties.NO_PROPERTIES, payload));

        assertThat(body).startsWith(0).hasSize(6);
        assertThat(payload.readerIndex()).isEqualTo(2);
        Message message = PublishCodec.decode("t", 1, false, body, Message.NEVER, Origin.PEER);
        assertThat(message.payload().toString(StandardCharsets.UTF_8)).isEqualTo("hello");
        assertThat(message.properties().isEmpty()).isTrue();
    }

    @Test
    void keepsEveryApplicationPropertyAndTheOrderOfUserProperties() {
        MqttProperties properties = new MqttProperties();
        properties.add(new IntegerProperty(0x01, 1));
        properties.add(new StringProperty(0x03, "text/plain; charset=UTF-8"));
        properties.add(new StringProperty(0x08, "réponse/à"));
        properties.add(new BinaryProperty(0x09, new byte[] {0, -1, 7}));
        properties.add(new UserProperty("k", "2"));
        properties.add(new UserProperty("a", "1"));
        properties.add(new UserProperty("k", "x".repeat(20_000)));

        byte[] body = PublishCodec.encode(message(properties, Unpooled.EMPTY_BUFFER));
        MqttProperties read = PublishCodec.decode("t", 0, false, body, Message.NEVER, Origin.PEER)
                .properties();

        assertThat(read.getProperty(0x01).value()).isEqualTo(1);
        assertThat(read.getProperty(0x03).value()).isEqualTo("text/plain; charset=UTF-8");
        assertThat(read.getProperty(0x08).value()).isEqualTo("réponse/à");
        assertThat((byte[]) read.getProperty(0x09).value()).containsExactly(0, -1, 7);
        List<StringPair> pairs = ((UserProperties) read.getProperty(0x26)).value();
        assertThat(pairs)
                .containsExactly(
                        new StringPair("k", "2"), new StringPair("a", "1"), new StringPair("k", "x".repeat(20_000)));
    }

    @Test
    void refusesBrokenBodiesWithAClearErrorAndNothingElse() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            byte[] body = new byte[1 + random.nextInt(40)];
            random.nextBytes(body);
            try {
                PublishCodec.decode("t", 0, false, body, Message.NEVER, Origin.PEER);
            } catch (CorruptedFrameException expected) {
                assertThat(expected).hasMessageMatching("(?s).+");
            } catch (RuntimeException other) {
                throw new AssertionError("seed " + seed, other);
            }
        }
    }

    @Test
    void refusesAPropertyThatIsNotTheApplications() {
        MqttProperties properties = new MqttProperties();
        properties.add(new IntegerProperty(0x23, 4)); // topic alias

        assertThatThrownBy(() -> PublishCodec.encode(message(properties, Unpooled.EMPTY_BUFFER)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0x23");
    }

    private static Message message(MqttProperties properties, ByteBuf payload) {
        return new Message("t", payload, 0, false, properties, Message.NEVER, "", Origin.PEER);
    }

    @Test
    void countsHowOftenAMessageIsHandedOn() {
        Message sent = new Message(
                "t",
                Unpooled.wrappedBuffer(new byte[] {1}),
                1,
                false,
                MqttProperties.NO_PROPERTIES,
                Message.NEVER,
                "",
                Origin.CLIENT);
        Message once = PublishCodec.decode("t", 1, false, PublishCodec.encodeNextHop(sent), Message.NEVER, Origin.PEER);
        Message kept = PublishCodec.decode("t", 1, false, PublishCodec.encode(once), Message.NEVER, Origin.STORE);
        Message twice =
                PublishCodec.decode("t", 1, false, PublishCodec.encodeNextHop(kept), Message.NEVER, Origin.PEER);

        assertThat(List.of(sent.hops(), once.hops(), kept.hops(), twice.hops())).containsExactly(0, 1, 1, 2);
        assertThat(twice.id()).isEqualTo(sent.id());
        assertThat(twice.payload()).isEqualTo(sent.payload());
        assertThat(twice.properties().listAll()).isEmpty();
    }

    @Test
    void keepsTheIdentifierOfAPublishWithAndWithoutProperties() {
        MqttProperties properties = new MqttProperties();
        properties.add(new MqttProperties.StringProperty(3, "text"));
        for (MqttProperties each : new MqttProperties[] {MqttProperties.NO_PROPERTIES, properties}) {
            ByteBuf payload = Unpooled.wrappedBuffer(new byte[] {1, 2});
            Message sent = new Message("t", payload, 1, false, each, Message.NEVER, "", Origin.CLIENT);
            byte[] body = PublishCodec.encode(sent);
            Message read = PublishCodec.decode("t", 1, false, body, Message.NEVER, Origin.PEER);
            assertThat(read.id()).isEqualTo(sent.id()).isNotEqualTo(Message.NO_ID);
            assertThat(read.payload()).isEqualTo(payload);
            assertThat(read.properties().listAll()).hasSameSizeAs(each.listAll());
            assertThat(PublishCodec.decode("t", 1, true, body, Message.NEVER, Origin.RETAINED)
                            .id())
                    .isEqualTo(Message.NO_ID);
        }
    }
}
