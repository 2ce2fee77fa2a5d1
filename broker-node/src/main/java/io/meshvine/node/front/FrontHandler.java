package io.meshvine.node.front;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttReasonCodes;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands between the codec and the engine and hands each packet to the flow that owns it. The engine only sees CONNECT
 * (rewritten), PUBACK, PUBCOMP, PINGREQ and DISCONNECT. One per channel, confined to its loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // What fails on a channel also ends it, and that is seen to.
final class FrontHandler extends ChannelDuplexHandler {

    private static final Logger LOG = LoggerFactory.getLogger(FrontHandler.class);

    /** Written and not yet read by the client: beyond this much more than the water mark, nothing is read from it. */
    private static final long MAX_UNREAD_BYTES = 2 << 20;

    private final Services services;
    private final Transport transport;
    private final Queue<MqttMessage> held = new ArrayDeque<>();
    private State state = State.AWAITING_CONNECT;
    private @Nullable ClientConnection connection;
    private @Nullable Future<?> connectTimeout;

    FrontHandler(Services services, Transport transport) {
        this.services = services;
        this.transport = transport;
    }

    private enum State {
        AWAITING_CONNECT,
        CONNECTING,
        CONNECTED
    }

    // ---- The life of the channel

    @Override
    public void channelActive(ChannelHandlerContext context) {
        ClientConnection opened = new ClientConnection(services, context, transport);
        connection = opened;
        services.counters().connections.increment();
        connectTimeout = context.executor()
                .schedule(
                        () -> connectTimedOut(opened),
                        services.options().connectTimeout().toMillis(),
                        TimeUnit.MILLISECONDS);
        context.fireChannelActive();
    }

    private void connectTimedOut(ClientConnection waiting) {
        if (state != State.CONNECTED) {
            waiting.leave("connect-timeout", null); // MQTT 5, 3.1.4
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        services.counters().connections.decrement();
        stopTimeout();
        releaseHeld();
        if (connection != null) {
            connection.end("connection-lost");
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        ClientConnection current = connection;
        if (event instanceof IdleStateEvent
                && current != null
                && !current.pauses().holdsUpClient()) {
            // [MQTT-3.1.2-22]: one and a half times the keep alive went by.
            current.disconnect(MqttReasonCodes.Disconnect.KEEP_ALIVE_TIMEOUT, "nothing came within the keep alive");
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (connection != null && context.channel().isWritable()) {
            connection.pauses().resume(ReadPauses.Cause.UNREAD);
        }
        context.fireChannelWritabilityChanged();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (connection == null) {
            context.close();
        } else if (cause instanceof IOException) {
            LOG.debug("connection {} broke", context.channel(), cause);
            connection.leave("connection-lost", null);
        } else if (cause instanceof DecoderException && cause.getCause() instanceof SSLException) {
            LOG.debug("no TLS on {}", context.channel(), cause);
            connection.leave("tls", null);
        } else {
            fail(connection, cause);
        }
    }

    /** Whatever was thrown costs this client its connection, and nobody else anything. */
    private void fail(ClientConnection current, Throwable cause) {
        services.counters().failure();
        if (services.logLimit().allows()) {
            LOG.warn("failed to serve {}", current.context().channel(), cause);
        } else {
            LOG.debug("failed to serve {}", current.context().channel(), cause);
        }
        if (current.connectFlow().answered()) {
            current.disconnect(MqttReasonCodes.Disconnect.IMPLEMENTATION_SPECIFIC_ERROR, "the server failed");
        } else {
            current.connectFlow().refuse(Refusal.UNSPECIFIED, "the server failed");
        }
    }

    // ---- Inbound

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ClientConnection current = connection;
        if (current == null || current.ended() || !(message instanceof MqttMessage packet)) {
            ReferenceCountUtil.release(message);
            return;
        }
        current.burst(true);
        if (packet.fixedHeader() != null && packet.fixedHeader().messageType() != MqttMessageType.PUBLISH) {
            services.counters().packetIn(packet.fixedHeader().messageType()); // PUBLISH is counted by PublishFlow.
        }
        switch (state) {
            case AWAITING_CONNECT -> first(current, packet);
            case CONNECTING -> held.add(packet);
            case CONNECTED -> serve(current, packet);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        // Not passed on: the engine would look for queued messages after every read.
        if (connection != null) {
            burstEnds(connection);
        }
    }

    private void burstEnds(ClientConnection current) {
        current.burst(false);
        ClientConnection.Served served = current.served();
        if (served != null && !current.ended()) {
            served.publishes().burstEnds();
            if (current.context().channel().bytesBeforeWritable() > MAX_UNREAD_BYTES) {
                current.pauses().pause(ReadPauses.Cause.UNREAD);
            }
        }
    }

    private void first(ClientConnection current, MqttMessage packet) {
        if (packet.decoderResult().isFailure()) {
            refuseUndecodable(current, packet.decoderResult().cause());
        } else if (packet instanceof MqttConnectMessage connect) {
            state = State.CONNECTING;
            try {
                current.connectFlow().onConnect(connect);
            } catch (RuntimeException e) {
                fail(current, e);
            }
        } else {
            ReferenceCountUtil.release(packet);
            current.leave("protocol-error", null); // [MQTT-3.1.0-1]
        }
    }

    private static void refuseUndecodable(ClientConnection current, Throwable cause) {
        if (cause instanceof ConnectRefused refused) {
            current.connectFlow().refuse(refused.refusal(), String.valueOf(refused.getMessage()), refused.version5());
        } else {
            current.leave("protocol-error", null); // [MQTT-3.1.0-1], or no MQTT at all
        }
    }

    /** CONNACK is on its way: what the client sent behind CONNECT is next. */
    private void connected(ClientConnection current) {
        if (current.ended()) {
            return;
        }
        state = State.CONNECTED;
        stopTimeout();
        current.burst(true);
        MqttMessage next;
        while ((next = held.poll()) != null) {
            serve(current, next);
        }
        burstEnds(current);
        current.pauses().resume(ReadPauses.Cause.CONNECTING);
    }

    private void serve(ClientConnection current, MqttMessage packet) {
        ClientConnection.Served served = current.served();
        if (current.ended() || served == null) {
            ReferenceCountUtil.release(packet);
            return;
        }
        try {
            Dispatch.dispatch(current, served, packet);
        } catch (ProtocolViolation violation) {
            served.publishes().burstEnds(); // What was taken before is acknowledged before.
            current.disconnect(violation.reason(), String.valueOf(violation.getMessage()));
        } catch (RuntimeException e) {
            fail(current, e);
        }
    }

    // ---- Outbound: what the engine writes

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        ClientConnection current = connection;
        if (!(message instanceof MqttMessage packet) || current == null) {
            context.write(message, promise);
            return;
        }
        current.count(packet.fixedHeader().messageType(), 1);
        current.packets().handOver();
        if (packet.fixedHeader().messageType() != MqttMessageType.CONNACK) {
            context.write(packet, promise);
            return;
        }
        MqttConnAckMessage answer = current.connectFlow().answer((MqttConnAckMessage) packet);
        boolean accepted = answer.variableHeader().connectReturnCode() == MqttConnectReturnCode.CONNECTION_ACCEPTED;
        context.write(answer, context.newPromise().addListener(written -> {
            // The engine attaches the session when it hears of this. If the connection is over by now, the session may
            // be another's; the engine never hears then, for all it would do is to log an error and to close.
            if (written.isSuccess() && !current.ended()) {
                promise.setSuccess();
                if (accepted) {
                    context.executor().execute(() -> connected(current)); // behind the engine's listener
                }
            }
        }));
    }

    private void stopTimeout() {
        if (connectTimeout != null) {
            connectTimeout.cancel(false);
            connectTimeout = null;
        }
    }

    private void releaseHeld() {
        MqttMessage next;
        while ((next = held.poll()) != null) {
            ReferenceCountUtil.release(next);
        }
    }
}
