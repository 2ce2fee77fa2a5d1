package io.meshvine.it.wire;

/** Control packet types; with their numbers (MQTT 5, 2.1.2). */
public enum PacketType {
    RESERVED(0),
    CONNECT(1),
    CONNACK(2),
    PUBLISH(3),
    PUBACK(4),
    PUBREC(5),
    PUBREL(6),
    PUBCOMP(7),
    SUBSCRIBE(8),
    SUBACK(9),
    UNSUBSCRIBE(10),
    UNSUBACK(11),
    PINGREQ(12),
    PINGRESP(13),
    DISCONNECT(14),
    AUTH(15);

    private final int number;

    PacketType(int number) {
        this.number = number;
    }

    static PacketType of(int number) {
        return values()[number];
    }

    /** First byte of the packet with the flags that the standard demands; PUBLISH has flags of its own. */
    public int header() {
        boolean flagged = this == PUBREL || this == SUBSCRIBE || this == UNSUBSCRIBE;
        return number << 4 | (flagged ? 0b0010 : 0);
    }
}
