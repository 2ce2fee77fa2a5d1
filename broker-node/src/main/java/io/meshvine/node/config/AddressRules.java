package io.meshvine.node.config;

import java.net.InetAddress;
import java.util.List;

/**
 * Which addresses may connect to a listener.
 *
 * @param allow these only; empty for all
 * @param deny these not, whatever is allowed
 */
public record AddressRules(List<Cidr> allow, List<Cidr> deny) {

    /** Everybody. */
    public static final AddressRules NONE = new AddressRules(List.of(), List.of());

    public AddressRules {
        allow = List.copyOf(allow);
        deny = List.copyOf(deny);
    }

    public boolean admits(InetAddress address) {
        return (allow.isEmpty() || contains(allow, address)) && !contains(deny, address);
    }

    private static boolean contains(List<Cidr> blocks, InetAddress address) {
        for (Cidr block : blocks) {
            if (block.contains(address)) {
                return true;
            }
        }
        return false;
    }
}
