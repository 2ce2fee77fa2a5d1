package io.meshvine.node.moquette;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.meshvine.mesh.BridgeLoop;
import io.meshvine.mesh.store.HeapRecordStore;
import io.meshvine.node.session.ClientSession;
import io.meshvine.node.session.ConnectionFacts;
import io.meshvine.node.session.Delivery;
import io.meshvine.node.session.Journal;
import io.meshvine.node.session.Outlet;
import io.meshvine.node.session.SessionCounters;
import io.meshvine.node.session.SessionLimits;
import io.meshvine.node.session.Sessions;
import io.moquette.broker.MoquetteSeam;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Moquette as the engine, in a pipeline of its own. */
class MoquetteEngineTest {

    private final BridgeLoop loop = new BridgeLoop("test");
    private final Sessions sessions = new Sessions(
            SessionLimits.defaults(),
            new SessionCounters(),
            new Journal(new HeapRecordStore(), 1),
            List.of(Runnable::run),
            loop);
    private Runnable beforeTheCurse = () -> {};
    private final MoquetteEngine engine = new MoquetteEngine(
            clientId -> {
                if (clientId.equals("cursed")) {
                    beforeTheCurse.run();
                    throw new IllegalStateException("broken on purpose");
                }
                return sessions.get(clientId);
            },
            channel -> new NoOutlet());

    @AfterEach
    void close() {
        engine.close();
        sessions.close();
        loop.close();
    }

    private static final class NoOutlet implements Outlet {
        @Override
        public int receiveMaximum() {
            return 10;
        }

        @Override
        public boolean isWritable() {
            return true;
        }

        @Override
        public boolean publish(Delivery delivery, int packetId, boolean dup) {
            return true;
        }

        @Override
        public void pubrel(int packetId) {}

        @Override
        public void flush() {}

        @Override
        public ConnectionFacts facts() {
            return new ConnectionFacts(5, "127.0.0.1:50000", "mqtt.tcp", 60, 0);
        }
    }

    private static final class Failures extends ChannelInboundHandlerAdapter {
        private final List<Throwable> seen = new ArrayList<>();

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            seen.add(cause);
        }
    }

    private EmbeddedChannel channel(Failures failures) {
        return new EmbeddedChannel(failures, engine.handler());
    }

    private static MqttConnectMessage connect(String clientId) {
        return MqttMessageBuilders.connect()
                .protocolVersion(MqttVersion.MQTT_5)
                .clientId(clientId)
                .cleanSession(false)
                .keepAlive(10)
                .build();
    }

    // moquette.md: a command that throws kills its session loop for good
    @Test
    void tellsThePipelineOfTheClientWhoseCommandThrows() {
        Failures failures = new Failures();
        EmbeddedChannel cursed = channel(failures);
        cursed.writeInbound(connect("cursed"));
        assertThat(failures.seen).singleElement().isInstanceOf(MoquetteSeam.CommandFailed.class);
        sessions.open("well", false, 0);
        EmbeddedChannel well = channel(new Failures());
        well.writeInbound(connect("well"));
        MqttConnAckMessage connack = well.readOutbound();
        assertThat(connack.variableHeader().connectReturnCode()).isEqualTo(MqttConnectReturnCode.CONNECTION_ACCEPTED);
        well.finishAndReleaseAll();
        cursed.finishAndReleaseAll();
    }

    @Test
    void tellsTheRightPipelineThoughAnotherClientWasServedInBetween() {
        sessions.open("well", false, 0);
        Failures wellsFailures = new Failures();
        EmbeddedChannel well = channel(wellsFailures);
        beforeTheCurse = () -> {
            well.writeInbound(connect("well"));
            well.writeInbound(MqttMessage.PINGREQ);
        };
        Failures failures = new Failures();
        EmbeddedChannel cursed = channel(failures);

        cursed.writeInbound(connect("cursed"));

        assertThat(failures.seen).singleElement().isInstanceOf(MoquetteSeam.CommandFailed.class);
        assertThat(wellsFailures.seen).isEmpty();
        well.finishAndReleaseAll();
        cursed.finishAndReleaseAll();
    }

    // moquette.md: disk stores lose what they hold, the trie mixes subscribers up
    @Test
    void refusesWhatWouldUseAStoreOfItsOwn() {
        sessions.open("client", false, 0);
        Failures failures = new Failures();
        EmbeddedChannel channel = channel(failures);
        channel.writeInbound(connect("client"));
        channel.writeInbound(MqttMessageBuilders.subscribe()
                .messageId(1)
                .addSubscription(MqttQoS.AT_LEAST_ONCE, "t")
                .build());
        assertThat(failures.seen)
                .singleElement()
                .satisfies(failure -> assertThat(failure).hasRootCauseMessage("the front was to handle this packet"));
        channel.finishAndReleaseAll();
    }

    // moquette.md: session loops, expiry timers and interceptor threads of its own
    @Test
    void runsNoThreadOfItsOwn() {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        try (MoquetteEngine another = new MoquetteEngine(sessions::get, channel -> new NoOutlet())) {
            assertThat(another.handler()).isNotNull();
            await().untilAsserted(() -> {
                Set<Thread> started =
                        new java.util.HashSet<>(Thread.getAllStackTraces().keySet());
                started.removeAll(before);
                assertThat(started)
                        .noneMatch(thread -> thread.getName().startsWith("Session Executor")
                                || thread.getName().startsWith("pool-"));
            });
        }
    }

    @Test
    void attachesTheSessionBehindConnackAndDetachesItAtTheEnd() {
        ClientSession session = sessions.open("client", false, 100).session();
        EmbeddedChannel channel = channel(new Failures());
        channel.writeInbound(connect("client"));
        assertThat(channel.<Object>readOutbound()).isInstanceOf(MqttConnAckMessage.class);
        assertThat(session.isConnected()).isTrue();
        assertThat(channel.pipeline().names()).first().isEqualTo("idleStateHandler");
        channel.writeInbound(MqttMessage.PINGREQ);
        MqttMessage pong = channel.readOutbound();
        assertThat(pong.fixedHeader().messageType()).isEqualTo(MqttMessageType.PINGRESP);
        assertThat(pong.fixedHeader().qosLevel()).isEqualTo(MqttQoS.AT_MOST_ONCE);
        channel.close().syncUninterruptibly();
        assertThat(session.isConnected()).isFalse();
        channel.finishAndReleaseAll();
    }
}
