package io.meshvine.fault.client;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * The payload of a ledger's message: which stream, which number, and zeros up to the wanted size.
 *
 * @param sequence number in the stream, from 1 on
 */
record Stamp(int stream, int sequence) {
    private static final int MARK = 0x4D56_464C;
    private static final int BYTES = 12;

    ByteBuf payload(int size) {
        ByteBuf payload = Unpooled.buffer(Math.max(BYTES, size));
        payload.writeInt(MARK).writeInt(stream).writeInt(sequence);
        return payload.writeZero(Math.max(0, size - BYTES));
    }

    /** Reads what {@link #payload} wrote; anything else is of no stream that exists. */
    static Stamp of(ByteBuf payload) {
        int start = payload.readerIndex();
        if (payload.readableBytes() < BYTES || payload.getInt(start) != MARK) {
            return new Stamp(Integer.MIN_VALUE, 0);
        }
        return new Stamp(payload.getInt(start + 4), payload.getInt(start + 8));
    }
}
