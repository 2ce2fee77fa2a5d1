package io.meshvine.mesh;

import java.util.HexFormat;

/**
 * The name of a member of the mesh: 128 bits of the SHA-256 of its public key, written as 32 hexadecimal digits.
 * Stable across restarts and address changes. Ordered as an unsigned number, which breaks ties between nodes.
 */
public record NodeId(long high, long low) implements Comparable<NodeId> {

    /** Length of the written form. */
    public static final int HEX_DIGITS = 32;

    /** Reads the form that {@link #toString()} writes. */
    public static NodeId parse(String hex) {
        if (hex.length() != HEX_DIGITS) {
            throw new IllegalArgumentException("node id must be " + HEX_DIGITS + " hexadecimal digits: " + hex);
        }
        return new NodeId(HexFormat.fromHexDigitsToLong(hex, 0, 16), HexFormat.fromHexDigitsToLong(hex, 16, 32));
    }

    @Override
    public int compareTo(NodeId other) {
        int byHigh = Long.compareUnsigned(high, other.high);
        return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
    }

    @Override
    public String toString() {
        HexFormat hex = HexFormat.of();
        return hex.toHexDigits(high) + hex.toHexDigits(low);
    }
}
