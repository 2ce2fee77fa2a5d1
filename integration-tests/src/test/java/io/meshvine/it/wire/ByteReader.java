package io.meshvine.it.wire;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Reads MQTT's data types and fails on every violation of their rules. */
final class ByteReader {

    private final ByteBuffer in;

    ByteReader(byte[] bytes) {
        this.in = ByteBuffer.wrap(bytes);
    }

    int remaining() {
        return in.remaining();
    }

    ByteReader skip(int bytes) {
        raw(bytes);
        return this;
    }

    int u8() {
        need(1);
        return in.get() & 0xff;
    }

    int u16() {
        need(2);
        return in.getShort() & 0xffff;
    }

    long u32() {
        need(4);
        return in.getInt() & 0xffff_ffffL;
    }

    /** [MQTT-1.5.5-1]: in as few bytes as possible. */
    int variable() {
        int value = 0;
        for (int shift = 0; shift < 28; shift += 7) {
            int part = u8();
            value |= (part & 0x7f) << shift;
            if ((part & 0x80) == 0) {
                if (part == 0 && shift > 0) {
                    throw new MalformedPacketError("variable byte integer longer than needed");
                }
                return value;
            }
        }
        throw new MalformedPacketError("variable byte integer longer than four bytes");
    }

    /** [MQTT-1.5.4-1], [MQTT-1.5.4-2]: well-formed and without U+0000. */
    String string() {
        try {
            String value = StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(binary()))
                    .toString();
            if (value.indexOf(0) >= 0) {
                throw new MalformedPacketError("string with U+0000");
            }
            return value;
        } catch (CharacterCodingException e) {
            throw new MalformedPacketError("string that is not UTF-8: " + e);
        }
    }

    byte[] binary() {
        return raw(u16());
    }

    byte[] raw(int length) {
        need(length);
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    private void need(int bytes) {
        if (in.remaining() < bytes) {
            throw new MalformedPacketError("ends " + (bytes - in.remaining()) + " bytes too early");
        }
    }
}
