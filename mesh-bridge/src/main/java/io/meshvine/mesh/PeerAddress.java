package io.meshvine.mesh;

import java.util.HexFormat;

/**
 * Where a transport currently reaches a member. Opaque, and new at every start of that member: a hint, never an
 * identity ({@link NodeId} is).
 */
public record PeerAddress(long high, long low) {

    @Override
    public String toString() {
        HexFormat hex = HexFormat.of();
        return hex.toHexDigits(high) + hex.toHexDigits(low);
    }
}
