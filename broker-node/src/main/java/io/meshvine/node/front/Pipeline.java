package io.meshvine.node.front;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.group.ChannelGroup;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.flush.FlushConsolidationHandler;

/**
 * Builds the pipeline of a connection: (TLS) -> (WebSocket) -> flush consolidation -> meter -> codec -> front -> engine. The engine
 * puts its keep-alive timer in front of all of it.
 */
@SuppressWarnings("FutureReturnValueIgnored") // What fails on a channel also ends it, and that is seen to.
final class Pipeline extends ChannelInitializer<Channel> {

    /** Name of the handler that speaks TLS. */
    static final String TLS = "tls";

    private static final int MAX_HTTP_REQUEST = 8 << 10;

    /** Flushes are held back during a read, up to this many. */
    private static final int CONSOLIDATED_FLUSHES = 256;

    /** "mqttv3.1" is what clients of MQTT 3.1 ask for; the standard since is "mqtt" [MQTT-6.0.0-3]. */
    private static final String SUBPROTOCOLS = "mqtt,mqttv3.1";

    private final Services services;
    private final ChannelGroup connections;
    private final Transport transport;
    private final Firewall firewall;
    private final WireMeter meter;

    Pipeline(Services services, ChannelGroup connections, Firewall firewall, Transport transport) {
        this.services = services;
        this.connections = connections;
        this.firewall = firewall;
        this.transport = transport;
        this.meter = new WireMeter(services.counters());
    }

    @Override
    protected void initChannel(Channel channel) {
        if (!firewall.admits(channel, services.options().rules(transport))) {
            channel.close();
            return;
        }
        connections.add(channel);
        if (connections.size() > services.options().maxConnections()) {
            services.counters().connect("too-many-connections");
            channel.close();
            return;
        }
        ChannelPipeline pipeline = channel.pipeline();
        TlsHandlers tls = services.tls();
        if (transport.isSecure() && tls != null) {
            pipeline.addLast(TLS, tls.newHandler(channel.alloc()));
        }
        if (transport.isWebSocket()) {
            pipeline.addLast("http", new HttpServerCodec());
            pipeline.addLast("httpRequest", new HttpObjectAggregator(MAX_HTTP_REQUEST));
            pipeline.addLast("webSocket", new WebSocketServerProtocolHandler(webSocketConfig()));
            pipeline.addLast("webSocketBytes", new WebSocketBytes());
        }
        pipeline.addLast("flush", new FlushConsolidationHandler(CONSOLIDATED_FLUSHES, true));
        pipeline.addLast("meter", meter);
        pipeline.addLast(
                "decoder",
                new PacketDecoder(
                        services.options().limits().maxConnectSize(),
                        services.options().maxPacketSize()));
        pipeline.addLast("encoder", MqttEncoder.INSTANCE);
        pipeline.addLast("front", new FrontHandler(services, transport));
        pipeline.addLast("engine", services.engine().handler());
    }

    private WebSocketServerProtocolConfig webSocketConfig() {
        return WebSocketServerProtocolConfig.newBuilder()
                .websocketPath(services.options().webSocketPath())
                .subprotocols(SUBPROTOCOLS)
                .maxFramePayloadLength(services.options().maxPacketSize())
                .handshakeTimeoutMillis(services.options().connectTimeout().toMillis())
                .allowExtensions(true)
                .build();
    }
}
