package io.meshvine.it.wire;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Builds packets of MQTT's data types (MQTT 5, 1.5), well-formed or not. */
public final class ByteWriter {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    public ByteWriter u8(int value) {
        out.write(value);
        return this;
    }

    public ByteWriter u16(int value) {
        return u8(value >>> 8).u8(value);
    }

    public ByteWriter u32(long value) {
        return u16((int) (value >>> 16)).u16((int) value);
    }

    /** A variable byte integer (MQTT 5, 1.5.5). */
    public ByteWriter variable(int value) {
        int rest = value;
        while (rest > 0x7f) {
            u8((rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        return u8(rest);
    }

    public ByteWriter string(String value) {
        return binary(value.getBytes(StandardCharsets.UTF_8));
    }

    /** Bytes behind their two-byte length: binary data, and strings that need not be UTF-8. */
    public ByteWriter binary(byte... value) {
        return u16(value.length).raw(value);
    }

    public ByteWriter raw(byte... bytes) {
        out.writeBytes(bytes);
        return this;
    }

    /** Properties behind their length; nothing at all in 3.1.1. */
    public ByteWriter properties(Version version, Properties properties) {
        if (version.is5()) {
            byte[] encoded = properties.encode();
            variable(encoded.length).raw(encoded);
        }
        return this;
    }

    public byte[] toBytes() {
        return out.toByteArray();
    }

    /** What was written, as the body of a packet behind its fixed header. */
    public byte[] toPacket(int header) {
        byte[] body = toBytes();
        return new ByteWriter().u8(header).variable(body.length).raw(body).toBytes();
    }
}
