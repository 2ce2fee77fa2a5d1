package io.meshvine.fault.net;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * Bad weather between nodes: their connections to each other lead over proxies that delay, and packets of these get lost.
 * The connections of clients are not touched. Needs {@code nft} besides what {@link Network} needs; {@code tc netem} would
 * do both, but is missing from many kernels. Used by one thread.
 */
public final class Weather implements AutoCloseable {
    private static final int MESH_PORT = 7_800;
    private static final int FIRST_PROXY_PORT = 20_000;

    private final List<DelayProxy> proxies = new ArrayList<>();
    private final int nodes;

    /** Takes effect for connections that nodes make from now on: before they start. */
    public Weather(int nodes) {
        this.nodes = nodes;
        for (int node = 0; node < nodes; node++) {
            proxies.add(new DelayProxy(
                    new InetSocketAddress(Network.HOST, FIRST_PROXY_PORT + node),
                    new InetSocketAddress(Network.address(node), MESH_PORT)));
        }
        for (int node = 0; node < nodes; node++) {
            redirect(node);
        }
    }

    private void redirect(int from) {
        nft(from, "add table ip weather");
        nft(from, "add chain ip weather around { type nat hook output priority -100 ; }");
        for (int to = 0; to < nodes; to++) {
            if (to != from) {
                nft(
                        from,
                        "add rule ip weather around ip daddr " + Network.address(to) + " tcp dport " + MESH_PORT
                                + " dnat to " + Network.HOST + ":" + (FIRST_PROXY_PORT + to));
            }
        }
        nft(from, "add chain ip weather out { type filter hook output priority 0 ; }");
        nft(from, "add chain ip weather in { type filter hook input priority 0 ; }");
    }

    private static void nft(int node, String command) {
        List<String> words = new ArrayList<>(List.of("nft"));
        words.add(command);
        Shell.run(Network.inside(node, words));
    }

    /** From now on each direction takes so long, and of the packets that many in a hundred get lost. */
    public void worsen(int lossPercent, long delayMillis) {
        proxies.forEach(proxy -> proxy.delay(delayMillis));
        for (int node = 0; node < nodes; node++) {
            String lost = " numgen random mod 100 < " + lossPercent + " drop";
            nft(
                    node,
                    "add rule ip weather out ip daddr " + Network.HOST + " tcp dport " + FIRST_PROXY_PORT + "-"
                            + (FIRST_PROXY_PORT + nodes) + lost);
            nft(node, "add rule ip weather in tcp sport " + MESH_PORT + lost);
        }
    }

    /** No more of that. */
    public void clear() {
        proxies.forEach(proxy -> proxy.delay(0));
        for (int node = 0; node < nodes; node++) {
            nft(node, "flush chain ip weather out");
            nft(node, "flush chain ip weather in");
        }
    }

    /** Takes the proxies and rules away. */
    @Override
    public void close() {
        for (int node = 0; node < nodes; node++) {
            nft(node, "delete table ip weather");
        }
        proxies.forEach(DelayProxy::close);
    }
}
