package io.meshvine.fault.client;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttMessage;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A client that wants to be connected until it is told to leave: it tries again whenever there is no connection, with
 * the same client identifier. Confined to the client loop.
 */
// A failed write closes the channel, and that is noticed: the futures of writes say nothing more.
@SuppressWarnings("FutureReturnValueIgnored")
abstract class MqttClient {
    private static final int RETRY_MILLIS = 200;
    private static final int CONNECT_TIMEOUT_MILLIS = 2_000;
    private static final int CONNACK_SECONDS = 10;
    private static final int MAX_PACKET_BYTES = 1024 * 1024;

    private final ClientLoop loop;
    private final Identity identity;
    private InetSocketAddress broker;
    private @Nullable Channel channel;
    private boolean wanted;
    private boolean once;
    private boolean accepted;
    private boolean dialing;

    MqttClient(ClientLoop loop, Identity identity, InetSocketAddress broker) {
        this.loop = loop;
        this.identity = identity;
        this.broker = broker;
    }

    /** Connects to another node and leaves the present connection open: that node has to end it. */
    final void roam(InetSocketAddress next) {
        broker = next;
        wanted = true;
        forget();
        dial();
    }

    final Identity identity() {
        return identity;
    }

    final int nowMillis() {
        return loop.nowMillis();
    }

    /** True between CONNACK and the end of the connection. */
    final boolean isConnected() {
        return accepted;
    }

    /** Connects, and again whenever the connection is lost. */
    final void connect() {
        wanted = true;
        dial();
    }

    /** Connects, and never again once that connection is lost. */
    final void connectOnce() {
        once = true;
        connect();
    }

    /** Says goodbye and stays away until {@link #connect}. */
    final void leave() {
        wanted = false;
        Channel current = channel;
        if (current != null) {
            current.writeAndFlush(MqttMessage.DISCONNECT).addListener(sent -> current.close());
        }
    }

    /** Closes the socket without a word and stays away until {@link #connect}. */
    final void vanish() {
        wanted = false;
        Channel current = channel;
        if (current != null) {
            current.close();
        }
    }

    final void send(MqttMessage packet) {
        Channel current = channel;
        if (current != null) {
            current.writeAndFlush(packet);
        }
    }

    /** True if the socket takes more now. */
    final boolean isWritable() {
        Channel current = channel;
        return current != null && current.isWritable();
    }

    abstract void onConnected(boolean sessionPresent);

    abstract void onPacket(MqttMessage packet);

    abstract void onDisconnected();

    private void dial() {
        if (!wanted || dialing || channel != null) {
            return;
        }
        dialing = true;
        new Bootstrap()
                .group(loop.loop())
                .channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel socket) {
                        socket.pipeline()
                                .addLast(MqttEncoder.INSTANCE, new MqttDecoder(MAX_PACKET_BYTES), new Inbound());
                    }
                })
                .connect(broker)
                .addListener(attempt -> {
                    dialing = false;
                    if (!attempt.isSuccess()) {
                        redialLater();
                    }
                });
    }

    private void forget() {
        channel = null;
        if (accepted) {
            accepted = false;
            onDisconnected();
        }
    }

    private void redialLater() {
        loop.loop().schedule(this::dial, RETRY_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Reads one connection. */
    private final class Inbound extends SimpleChannelInboundHandler<MqttMessage> {
        @Override
        public void channelActive(ChannelHandlerContext context) {
            channel = context.channel();
            context.writeAndFlush(identity.connect());
            context.executor().schedule(() -> closeWithoutConnack(context), CONNACK_SECONDS, TimeUnit.SECONDS);
        }

        private void closeWithoutConnack(ChannelHandlerContext context) {
            if (!accepted && channel == context.channel()) {
                context.close();
            }
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, MqttMessage packet) {
            if (context.channel() != channel) {
                return; // left for another node
            }
            if (packet.decoderResult().isFailure()) {
                context.close();
                return;
            }
            switch (packet.fixedHeader().messageType()) {
                case CONNACK -> onConnack(context, (MqttConnAckMessage) packet);
                case DISCONNECT -> context.close();
                default -> onPacket(packet);
            }
        }

        private void onConnack(ChannelHandlerContext context, MqttConnAckMessage connack) {
            if (connack.variableHeader().connectReturnCode() != MqttConnectReturnCode.CONNECTION_ACCEPTED) {
                context.close();
                return;
            }
            accepted = true;
            wanted = !once;
            onConnected(connack.variableHeader().isSessionPresent());
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (context.channel() == channel) {
                forget();
                redialLater();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}
