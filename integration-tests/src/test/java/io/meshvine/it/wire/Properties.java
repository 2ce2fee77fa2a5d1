package io.meshvine.it.wire;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Properties of a packet in their order, repetitions included. Immutable: {@code with} returns a longer list. */
public final class Properties {

    /** A name and a value, of which a packet may hold many, also of the same name (MQTT 5, 3.3.2.3.7). */
    public record UserProperty(String name, String value) {}

    private record Entry(Property property, Object value) {}

    private static final Properties NONE = new Properties(List.of());

    private final List<Entry> entries;

    private Properties(List<Entry> entries) {
        this.entries = List.copyOf(entries);
    }

    public static Properties none() {
        return NONE;
    }

    public Properties with(Property property, long value) {
        return plus(property, value);
    }

    public Properties with(Property property, String value) {
        return plus(property, value);
    }

    public Properties withBinary(Property property, byte... value) {
        return plus(property, value);
    }

    public Properties withUser(String name, String value) {
        return plus(Property.USER_PROPERTY, new UserProperty(name, value));
    }

    private Properties plus(Property property, Object value) {
        List<Entry> longer = new ArrayList<>(entries);
        longer.add(new Entry(property, value));
        return new Properties(longer);
    }

    public boolean has(Property property) {
        return find(property).isPresent();
    }

    /** The value of a numeric property, or nothing. */
    public Optional<Long> number(Property property) {
        return find(property).map(Long.class::cast);
    }

    public Optional<String> string(Property property) {
        return find(property).map(String.class::cast);
    }

    public Optional<byte[]> binary(Property property) {
        return find(property).map(byte[].class::cast);
    }

    public List<UserProperty> userProperties() {
        return entries.stream()
                .filter(entry -> entry.property == Property.USER_PROPERTY)
                .map(entry -> (UserProperty) entry.value)
                .toList();
    }

    public List<Integer> subscriptionIdentifiers() {
        return entries.stream()
                .filter(entry -> entry.property == Property.SUBSCRIPTION_IDENTIFIER)
                .map(entry -> Math.toIntExact((Long) entry.value))
                .toList();
    }

    private Optional<Object> find(Property property) {
        return entries.stream()
                .filter(entry -> entry.property == property)
                .map(Entry::value)
                .findFirst();
    }

    byte[] encode() {
        ByteWriter out = new ByteWriter();
        for (Entry entry : entries) {
            out.variable(entry.property.identifier());
            switch (entry.property.encoding()) {
                case BYTE -> out.u8(((Long) entry.value).intValue());
                case TWO_BYTES -> out.u16(((Long) entry.value).intValue());
                case FOUR_BYTES -> out.u32((Long) entry.value);
                case VARIABLE -> out.variable(((Long) entry.value).intValue());
                case STRING -> out.string((String) entry.value);
                case BINARY -> out.binary((byte[]) entry.value);
                case STRING_PAIR -> {
                    UserProperty pair = (UserProperty) entry.value;
                    out.string(pair.name()).string(pair.value());
                }
            }
        }
        return out.toBytes();
    }

    /** Reads the properties of a server's packet: only those that it may hold, and each as often as it may be there. */
    static Properties decode(PacketType type, ByteReader packet) {
        ByteReader in = new ByteReader(packet.raw(packet.variable()));
        Properties decoded = NONE;
        while (in.remaining() > 0) {
            Property property = Property.of(in.variable());
            if (!property.mayBeSentByServerIn(type)) {
                throw new MalformedPacketError(property + " in " + type);
            }
            if (decoded.has(property) && !property.mayRepeatIn(type)) {
                throw new MalformedPacketError(property + " twice in " + type);
            }
            decoded = decoded.plus(property, read(property, in));
        }
        return decoded;
    }

    private static Object read(Property property, ByteReader in) {
        return switch (property.encoding()) {
            case BYTE -> (long) in.u8();
            case TWO_BYTES -> (long) in.u16();
            case FOUR_BYTES -> in.u32();
            case VARIABLE -> (long) in.variable();
            case STRING -> in.string();
            case BINARY -> in.binary();
            case STRING_PAIR -> new UserProperty(in.string(), in.string());
        };
    }

    @Override
    public String toString() {
        return entries.stream()
                .map(entry -> entry.property + "="
                        + (entry.value instanceof byte[] bytes ? HexFormat.of().formatHex(bytes) : entry.value))
                .collect(Collectors.joining(", ", "{", "}"));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Properties that && Arrays.equals(encode(), that.encode());
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(encode());
    }
}
