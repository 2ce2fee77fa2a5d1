package io.meshvine.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One client connection: handshake, packet framing, and an output batch that leaves once per read. Subclasses act on what arrives.
 * Confined to the load loop, except for the futures.
 */
// Writes that fail close the channel, which channelInactive reports: their futures say nothing more.
@SuppressWarnings("FutureReturnValueIgnored")
class MqttConnection extends ChannelInboundHandlerAdapter {
    /** Packets are cut into writes of about this size. */
    static final int BATCH_BYTES = 16 * 1024;

    static final int MAX_PACKET_ID = 65_535;

    private static final int RECEIVE_MAXIMUM = 0x21;

    private final Protocol protocol;
    private final String clientId;
    private final int keepAliveSeconds;
    private final boolean durable;
    private final CompletableFuture<Void> connected = new CompletableFuture<>();
    private @Nullable CompletableFuture<Void> subscribed;
    private @Nullable ChannelHandlerContext context;
    private @Nullable ByteBuf partial;
    private @Nullable ByteBuf out;
    private int receiveMaximum = MAX_PACKET_ID;
    private boolean closing;
    private @Nullable String failure;

    /** A connection with a clean session. */
    MqttConnection(Protocol protocol, String clientId, int keepAliveSeconds) {
        this(protocol, clientId, keepAliveSeconds, false);
    }

    /** @param durable whether the session outlives the connection */
    MqttConnection(Protocol protocol, String clientId, int keepAliveSeconds, boolean durable) {
        this.durable = durable;
        this.protocol = protocol;
        this.clientId = clientId;
        this.keepAliveSeconds = keepAliveSeconds;
    }

    final Protocol protocol() {
        return protocol;
    }

    /** Completes with CONNACK; any thread. */
    final CompletableFuture<Void> connected() {
        return connected;
    }

    /** How many QoS 1 and 2 packets the broker takes unacknowledged; MQTT 5 3.2.2.3.3. */
    final int receiveMaximum() {
        return receiveMaximum;
    }

    /** Why the broker closed or refused this connection; null if it did not. */
    final @Nullable String failure() {
        return failure;
    }

    final boolean isOpen() {
        return context != null && context.channel().isActive();
    }

    final boolean isWritable() {
        return context != null && context.channel().isWritable();
    }

    /** Subscribes; completes with SUBACK, exceptionally if a filter is refused. One at a time. */
    final CompletableFuture<Void> subscribe(List<String> filters, int qos) {
        CompletableFuture<Void> acknowledged = new CompletableFuture<>();
        subscribed = acknowledged;
        channel().writeAndFlush(Packets.subscribe(protocol, 1, filters, qos));
        return acknowledged;
    }

    final void ping() {
        channel().writeAndFlush(Packets.pingRequest());
    }

    /** Leaves properly. */
    final void disconnect() {
        closing = true;
        if (context != null) {
            Channel channel = context.channel();
            channel.writeAndFlush(Packets.disconnect()).addListener(sent -> channel.close());
        }
    }

    /** Buffer that collects what leaves with the next {@link #flushOut()}. */
    final ByteBuf out() {
        ByteBuf batch = out;
        if (batch == null) {
            batch = channel().alloc().directBuffer(BATCH_BYTES + 1024);
            out = batch;
        } else if (batch.writerIndex() >= BATCH_BYTES) {
            channel().write(batch, channel().voidPromise());
            batch = channel().alloc().directBuffer(BATCH_BYTES + 1024);
            out = batch;
        }
        return batch;
    }

    final void flushOut() {
        ByteBuf batch = out;
        if (batch != null) {
            out = null;
            channel().writeAndFlush(batch, channel().voidPromise());
        }
    }

    private Channel channel() {
        if (context == null) {
            throw new IllegalStateException(clientId + " is not connected");
        }
        return context.channel();
    }

    /** The body starts at {@code index} and has {@code length} bytes. */
    void onPublish(ByteBuf packet, int firstByte, int index, int length) {}

    void onAck(int type, int packetId, int reason) {}

    void onPingResponse() {}

    /** Everything that one read brought has been handled. */
    void onReadComplete() {}

    void onWritable() {}

    @Override
    public final void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    @Override
    public final void channelActive(ChannelHandlerContext ctx) {
        ctx.writeAndFlush(Packets.connect(protocol, clientId, keepAliveSeconds, durable));
    }

    @Override
    public final void channelRead(ChannelHandlerContext ctx, Object msg) throws IOException {
        ByteBuf read = (ByteBuf) msg;
        ByteBuf rest = partial;
        if (rest == null) {
            try {
                parse(read);
                if (read.isReadable()) {
                    partial = ctx.alloc().directBuffer(BATCH_BYTES).writeBytes(read);
                }
            } finally {
                read.release();
            }
        } else {
            rest.writeBytes(read);
            read.release();
            parse(rest);
            if (rest.isReadable()) {
                rest.discardReadBytes();
            } else {
                partial = null;
                rest.release();
            }
        }
    }

    private void parse(ByteBuf buffer) throws IOException {
        while (buffer.readableBytes() >= 2) {
            int start = buffer.readerIndex();
            int index = start + 1;
            int length = 0;
            int shift = 0;
            int digit;
            do {
                if (index >= buffer.writerIndex()) {
                    return;
                }
                digit = buffer.getByte(index++);
                length |= (digit & 0x7F) << shift;
                shift += 7;
            } while (digit < 0 && shift < 28);
            if (buffer.writerIndex() - index < length) {
                return;
            }
            dispatch(buffer, buffer.getUnsignedByte(start), index, length);
            buffer.readerIndex(index + length);
        }
    }

    private void dispatch(ByteBuf buffer, int firstByte, int index, int length) throws IOException {
        int type = firstByte >>> 4;
        switch (type) {
            case Packets.PUBLISH -> onPublish(buffer, firstByte, index, length);
            case Packets.PUBACK, Packets.PUBREC, Packets.PUBREL, Packets.PUBCOMP ->
                onAck(type, buffer.getUnsignedShort(index), length > 2 ? buffer.getUnsignedByte(index + 2) : 0);
            case Packets.CONNACK -> onConnAck(buffer, index, length);
            case Packets.SUBACK -> onSubAck(buffer, index, length);
            case Packets.PINGRESP -> onPingResponse();
            case Packets.DISCONNECT ->
                throw new IOException("DISCONNECT with reason " + (length > 0 ? buffer.getUnsignedByte(index) : 0));
            default -> throw new IOException("unexpected packet of type " + type);
        }
    }

    private void onConnAck(ByteBuf buffer, int index, int length) throws IOException {
        int reason = buffer.getUnsignedByte(index + 1);
        if (reason != 0) {
            throw new IOException("CONNACK with reason " + reason);
        }
        if (protocol == Protocol.V5) {
            receiveMaximum = findReceiveMaximum(buffer.slice(index + 2, length - 2));
        }
        connected.complete(null);
    }

    private static int findReceiveMaximum(ByteBuf properties) throws IOException {
        int length = readVarInt(properties);
        int end = properties.readerIndex() + length;
        while (properties.readerIndex() < end) {
            int id = properties.readUnsignedByte();
            switch (id) {
                case RECEIVE_MAXIMUM -> {
                    return properties.readUnsignedShort();
                }
                case 0x24, 0x25, 0x28, 0x29, 0x2A -> properties.skipBytes(1);
                case 0x13, 0x22 -> properties.skipBytes(2);
                case 0x11, 0x27 -> properties.skipBytes(4);
                case 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F -> properties.skipBytes(properties.readUnsignedShort());
                case 0x26 -> {
                    properties.skipBytes(properties.readUnsignedShort());
                    properties.skipBytes(properties.readUnsignedShort());
                }
                default -> throw new IOException("CONNACK with unknown property " + id);
            }
        }
        return MAX_PACKET_ID;
    }

    /** Reads a variable byte integer; MQTT 5 1.5.5. */
    static int readVarInt(ByteBuf buffer) {
        int value = 0;
        int shift = 0;
        int digit;
        do {
            digit = buffer.readByte();
            value |= (digit & 0x7F) << shift;
            shift += 7;
        } while (digit < 0 && shift < 28);
        return value;
    }

    private void onSubAck(ByteBuf buffer, int index, int length) {
        CompletableFuture<Void> acknowledged = subscribed;
        if (acknowledged == null) {
            return;
        }
        int codes = index + 2;
        if (protocol == Protocol.V5) {
            ByteBuf body = buffer.slice(codes, length - 2);
            int properties = readVarInt(body);
            codes += body.readerIndex() + properties;
        }
        for (int i = codes; i < index + length; i++) {
            int code = buffer.getUnsignedByte(i);
            if (code >= 0x80) {
                acknowledged.completeExceptionally(new IOException("SUBACK with reason " + code));
                return;
            }
        }
        acknowledged.complete(null);
    }

    @Override
    public final void channelReadComplete(ChannelHandlerContext ctx) {
        onReadComplete();
        flushOut();
    }

    @Override
    public final void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (ctx.channel().isWritable()) {
            onWritable();
        }
    }

    @Override
    public final void channelInactive(ChannelHandlerContext ctx) {
        if (!closing) {
            fail("closed by the broker");
        }
        if (partial != null) {
            partial.release();
            partial = null;
        }
        if (out != null) {
            out.release();
            out = null;
        }
    }

    @Override
    public final void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        fail(String.valueOf(cause.getMessage()));
        ctx.close();
    }

    private void fail(String why) {
        if (failure == null) {
            failure = why;
        }
        IOException cause = new IOException(clientId + ": " + why);
        connected.completeExceptionally(cause);
        if (subscribed != null) {
            subscribed.completeExceptionally(cause);
        }
    }
}
