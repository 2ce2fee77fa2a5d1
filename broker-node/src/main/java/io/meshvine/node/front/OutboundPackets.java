package io.meshvine.node.front;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import org.jspecify.annotations.Nullable;

/**
 * Packets on their way to one client: small ones are gathered, so that a burst goes down the pipeline as few buffers
 * rather than as a thousand packets. Keeps their order. Confined to the connection's loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // What fails on a channel also ends it, and that is seen to.
final class OutboundPackets {

    /** A gathered buffer goes down the pipeline once it has this many bytes. */
    private static final int ENOUGH_BYTES = 16 << 10;

    private final ChannelHandlerContext context;
    private @Nullable ByteBuf gathered;

    OutboundPackets(ChannelHandlerContext context) {
        this.context = context;
    }

    /** Where to write a packet of that many bytes. */
    ByteBuf room(int bytes) {
        ByteBuf current = gathered;
        if (current != null && current.readableBytes() + bytes > ENOUGH_BYTES) {
            handOver();
            current = null;
        }
        if (current == null) {
            // Exactly what one packet needs: what waits for a slow client is bounded by its bytes, not by its buffers.
            current = context.alloc().buffer(bytes);
            gathered = current;
        }
        return current;
    }

    /** Sends a message behind what was gathered. */
    void write(Object message) {
        handOver();
        context.write(message, context.voidPromise());
    }

    /** Passes on what was gathered; it leaves with the next flush. */
    void handOver() {
        ByteBuf current = gathered;
        if (current != null) {
            gathered = null;
            context.write(current, context.voidPromise());
        }
    }

    void flush() {
        handOver();
        context.flush();
    }

    /** The connection is over. */
    void release() {
        ByteBuf current = gathered;
        if (current != null) {
            gathered = null;
            current.release();
        }
    }
}
