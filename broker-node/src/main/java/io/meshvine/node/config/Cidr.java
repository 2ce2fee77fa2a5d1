package io.meshvine.node.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;

/**
 * A block of addresses (RFC 4632): those that begin with the same bits.
 *
 * @param network any address of the block, 4 or 16 bytes
 * @param prefix bits that count
 */
public record Cidr(byte[] network, int prefix) {

    /** Only what is written as an address: no name is ever looked up. */
    private static final Pattern ADDRESS = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");

    public Cidr {
        if (prefix < 0 || prefix > network.length * Byte.SIZE) {
            throw new IllegalArgumentException("prefix /" + prefix);
        }
    }

    /** Reads {@code 10.0.0.0/8}, {@code 2001:db8::/32}, or a single address. */
    public static Cidr parse(String text) {
        int slash = text.indexOf('/');
        String address = slash < 0 ? text : text.substring(0, slash);
        if (!ADDRESS.matcher(address).matches()) {
            throw new IllegalArgumentException("not an address: " + address);
        }
        try {
            byte[] bytes = InetAddress.getByName(address).getAddress();
            return new Cidr(bytes, slash < 0 ? bytes.length * Byte.SIZE : Integer.parseInt(text.substring(slash + 1)));
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    public boolean contains(InetAddress address) {
        byte[] other = address.getAddress();
        if (other.length != network.length) {
            return false;
        }
        int whole = prefix / Byte.SIZE;
        for (int i = 0; i < whole; i++) {
            if (other[i] != network[i]) {
                return false;
            }
        }
        int rest = prefix % Byte.SIZE;
        return rest == 0 || ((other[whole] ^ network[whole]) & 0xFF) >> (Byte.SIZE - rest) == 0;
    }

    @Override
    public String toString() {
        try {
            return InetAddress.getByAddress(network).getHostAddress() + "/" + prefix;
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
