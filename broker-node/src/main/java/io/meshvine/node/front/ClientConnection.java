package io.meshvine.node.front;

import io.meshvine.node.session.ClientSession;
import io.meshvine.node.session.ConnectionFacts;
import io.meshvine.node.session.Delivery;
import io.meshvine.node.session.Outlet;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttReasonCodes;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.AttributeKey;
import java.security.cert.X509Certificate;
import java.util.Locale;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of a client, from its first byte to its end, and the {@link Outlet} of its session. Confined to the
 * loop of its channel, but for {@link #takenOver}, {@link #admitted}, {@link #onLoop}, {@link #later}, {@link #facts} and
 * {@link #pauses}.
 */
@SuppressWarnings("FutureReturnValueIgnored") // What fails on a channel also ends it, and that is seen to.
final class ClientConnection implements Outlet, TakeoverGate.Claimant {

    private static final Logger LOG = LoggerFactory.getLogger(ClientConnection.class);

    private static final AttributeKey<ClientConnection> KEY =
            AttributeKey.valueOf(ClientConnection.class, "connection");

    /** How long a client may take to read the last packet it is sent. */
    private static final long LINGER_MILLIS = 1_000;

    private final Services services;
    private final ChannelHandlerContext context;
    private final Transport transport;
    private final ReadPauses pauses;
    private final OutboundPackets packets;
    private final PublishTally sent = new PublishTally();
    private final ConnectFlow connectFlow;
    private boolean burst;
    private boolean ended;
    private @Nullable Served served;

    ClientConnection(Services services, ChannelHandlerContext context, Transport transport) {
        this.services = services;
        this.context = context;
        this.transport = transport;
        this.pauses = new ReadPauses(context.channel());
        this.packets = new OutboundPackets(context);
        this.connectFlow = new ConnectFlow(services, this);
        context.channel().attr(KEY).set(this);
    }

    /** What exists once CONNECT was accepted. */
    record Served(
            ConnectRequest request,
            Client client,
            ClientSession session,
            ConnectionFacts facts,
            PublishEncoder encoder,
            PublishFlow publishes,
            SubscribeFlow subscriptions) {}

    /** The connection behind a channel of the front, once it is active. */
    static @Nullable ClientConnection of(Channel channel) {
        return channel.attr(KEY).get();
    }

    ConnectFlow connectFlow() {
        return connectFlow;
    }

    ChannelHandlerContext context() {
        return context;
    }

    /** The certificate that the client showed and TLS found valid, or null. */
    @Nullable
    X509Certificate certificate() {
        SslHandler tls = context.pipeline().get(SslHandler.class);
        try {
            return tls != null
                            && tls.engine().getSession().getPeerCertificates()[0] instanceof X509Certificate certificate
                    ? certificate
                    : null;
        } catch (SSLPeerUnverifiedException showedNone) {
            return null;
        }
    }

    Transport transport() {
        return transport;
    }

    ReadPauses pauses() {
        return pauses;
    }

    void serve(Served established) {
        served = established;
    }

    /** What the client is served with, or null before it is. */
    @Nullable
    Served served() {
        return served;
    }

    // ---- Outlet

    @Override
    public int receiveMaximum() {
        return requireServed().request().receiveMaximum();
    }

    @Override
    public boolean isWritable() {
        return context.channel().isWritable();
    }

    @Override
    public boolean publish(Delivery delivery, int packetId, boolean dup) {
        long now = delivery.message().canExpire() ? services.wallMillis().getAsLong() : 0;
        if (!requireServed().encoder().encode(packets, delivery, packetId, dup, now)) {
            return false; // The session counts it.
        }
        sent.add(delivery.qos());
        return true;
    }

    @Override
    public int publishFurther(Delivery delivery) {
        int written = requireServed().encoder().encodeFurther(packets, delivery);
        sent.add(0, written);
        return written;
    }

    @Override
    public void pubrel(int packetId) {
        send(Packets.pubrel(packetId, MqttReasonCodes.PubRel.SUCCESS));
    }

    /** It is served before the session has it, and the session hands it from thread to thread. */
    @Override
    public ConnectionFacts facts() {
        return requireServed().facts();
    }

    @Override
    public void flush() {
        sent.tell(services.counters()::publishesOut);
        packets.flush();
    }

    // ---- Sending

    /** Writes a packet; {@link #flush} is the caller's. */
    void send(MqttMessage packet) {
        count(packet.fixedHeader().messageType(), 1);
        packets.write(packet);
    }

    OutboundPackets packets() {
        return packets;
    }

    void count(MqttMessageType type, int sent) {
        services.counters().packetsOut(type, sent);
    }

    boolean version5() {
        return served != null && served.request().version5();
    }

    /** A PUBACK or PUBREC left. */
    void acknowledged(int packetId, int qos, int reason) {
        requireServed().publishes().acknowledged(packetId, qos, reason);
    }

    // ---- Threads

    boolean inLoop() {
        return context.channel().eventLoop().inEventLoop();
    }

    /** Runs a task on the connection's loop, at once if this is it. A loop that has shut down serves nobody. */
    void onLoop(Runnable task) {
        if (inLoop()) {
            task.run();
        } else {
            later(task);
        }
    }

    /** Runs a task on the connection's loop, after what that does now. Any thread. */
    void later(Runnable task) {
        try {
            context.channel().eventLoop().execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("connection outlived its loop", e);
        }
    }

    /** Packets of one read are being worked off. */
    boolean inBurst() {
        return burst;
    }

    void burst(boolean begins) {
        burst = begins;
    }

    // ---- Takeover

    @Override
    public void admitted() {
        onLoop(connectFlow::admitted);
    }

    @Override
    public void takenOver() {
        onLoop(this::endForAnother);
    }

    @Override
    public void makeWay() {
        onLoop(() -> {
            if (connectFlow.hasSession()) {
                endForAnother();
            }
        });
    }

    private void endForAnother() {
        if (!connectFlow.answered()) {
            connectFlow.refuse(Refusal.SERVER_BUSY, "another connection of this client is waiting");
        } else {
            disconnect(MqttReasonCodes.Disconnect.SESSION_TAKEN_OVER, "connected elsewhere"); // [MQTT-3.1.4-3]
        }
    }

    // ---- The end

    /** Nothing that the client sends counts any more. */
    boolean ended() {
        return ended;
    }

    /** Ends the connection with a reason, which MQTT 5 clients are told (MQTT 5, 3.14); then the session is seen to. */
    void disconnect(MqttReasonCodes.Disconnect reason, String why) {
        if (ended) {
            return;
        }
        String label = reason.name().toLowerCase(Locale.ROOT).replace('_', '-');
        LOG.debug("disconnecting {}: {} ({})", context.channel(), label, why);
        Served current = served;
        if (current != null && current.request().version5() && connectFlow.answered()) {
            count(MqttMessageType.DISCONNECT, 1);
            leave(label, Packets.disconnect(reason, why, current.request()));
        } else {
            leave(label, null); // MQTT 3.1.1, 4.8: it is closed without a word.
        }
    }

    /**
     * Sends a last packet and ends. The socket is closed once the client has had time to read it: closing at once would
     * reset it, where input is unread, and the packet would be lost.
     */
    void leave(String reason, @Nullable MqttMessage last) {
        if (ended) {
            return;
        }
        Channel channel = context.channel();
        packets.handOver();
        ChannelFuture written = last == null ? null : context.writeAndFlush(last);
        end(reason);
        if (written == null || !channel.isWritable()) {
            context.close();
            return;
        }
        channel.eventLoop().schedule(() -> channel.close(), LINGER_MILLIS, TimeUnit.MILLISECONDS);
        written.addListener((ChannelFutureListener) future -> {
            SslHandler tls = channel.pipeline().get(SslHandler.class);
            if (!future.isSuccess() || transport.isWebSocket() || !(channel instanceof DuplexChannel duplex)) {
                context.close();
            } else {
                if (tls != null) {
                    tls.closeOutbound(); // The client is told that nothing was cut off (RFC 8446, 6.1).
                } else {
                    duplex.shutdownOutput();
                }
                channel.config().setAutoRead(true); // What still comes is read and dropped, up to the client's end.
            }
        });
    }

    /** Sees to session, will and client id, once. The socket may live a moment longer. */
    void end(String reason) {
        if (ended) {
            return;
        }
        ended = true;
        sent.tell(services.counters()::publishesOut);
        services.counters().disconnect(reason);
        try {
            context.fireChannelInactive(); // The engine lets go of the session.
        } finally {
            packets.release();
            if (served != null) {
                served.publishes().end();
            }
            connectFlow.end();
        }
    }

    private Served requireServed() {
        Served current = served;
        if (current == null) {
            throw new IllegalStateException("no client is connected yet");
        }
        return current;
    }
}
