package io.meshvine.it.wire;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A packet that a server sent. Fields that its type lacks are 0, empty or false.
 *
 * @param flags lower half of the first byte
 * @param packetId packet identifier, 0 = none
 * @param reasonCodes the reason or return codes: one per filter in SUBACK and UNSUBACK, else at most one
 */
public record Packet(
        PacketType type,
        int flags,
        int packetId,
        List<Integer> reasonCodes,
        boolean sessionPresent,
        String topic,
        byte[] payload,
        Properties properties) {

    public boolean dup() {
        return (flags & 0b1000) != 0;
    }

    public int qos() {
        return flags >>> 1 & 0b11;
    }

    public boolean retain() {
        return (flags & 1) != 0;
    }

    /** The only reason code; 0x00 where the standard lets a successful one be left out. */
    public int reasonCode() {
        return reasonCodes.isEmpty() ? 0 : reasonCodes.get(0);
    }

    public String text() {
        return new String(payload, StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(type.toString());
        if (type == PacketType.PUBLISH) {
            text.append(" topic=").append(topic).append(" qos=").append(qos());
            text.append(dup() ? " dup" : "").append(retain() ? " retain" : "");
            text.append(" payload=").append(payload.length > 64 ? payload.length + " bytes" : text());
        }
        for (int reason : reasonCodes) {
            text.append(String.format(" 0x%02x", reason));
        }
        return text.append(packetId == 0 ? "" : " id=" + packetId)
                .append(sessionPresent ? " session-present" : "")
                .append(' ')
                .append(properties)
                .toString();
    }
}
