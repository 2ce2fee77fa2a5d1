package io.meshvine.node.front;

import io.meshvine.node.config.AddressRules;
import io.meshvine.node.config.ClientLimits;
import io.netty.channel.Channel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Decides about connections by where they come from, before anything is made for them. Any thread. */
@SuppressWarnings("FutureReturnValueIgnored") // A listener is added.
final class Firewall {

    /** Addresses whose rates are kept; with more, those that connected longest ago are forgotten. */
    private static final int MAX_ADDRESSES = 16_384;

    private final ClientLimits limits;
    private final FrontCounters counters;
    private final ConcurrentHashMap<InetAddress, Integer> open = new ConcurrentHashMap<>();
    private final Map<InetAddress, TokenBucket> rates = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<InetAddress, TokenBucket> eldest) {
            return size() > MAX_ADDRESSES;
        }
    };

    Firewall(ClientLimits limits, FrontCounters counters) {
        this.limits = limits;
        this.counters = counters;
    }

    /** Whether a new connection is served; counted if not. One that is has its place until it closes. */
    boolean admits(Channel channel, AddressRules rules) {
        if (!(channel.remoteAddress() instanceof InetSocketAddress remote)) {
            return true; // no socket of a network
        }
        String refusal = refusal(channel, remote.getAddress(), rules);
        if (refusal != null) {
            counters.connect(refusal);
        }
        return refusal == null;
    }

    private @Nullable String refusal(Channel channel, InetAddress address, AddressRules rules) {
        if (!rules.admits(address)) {
            return "address-denied";
        }
        if (limits.connectionRatePerAddress() > 0 && !takesRate(address)) {
            return "address-rate";
        }
        if (limits.connectionsPerAddress() > 0 && !takesPlace(channel, address)) {
            return "address-connections";
        }
        return null;
    }

    private boolean takesRate(InetAddress address) {
        long now = System.nanoTime();
        synchronized (rates) {
            return rates.computeIfAbsent(address, key -> new TokenBucket(limits.connectionRatePerAddress(), now))
                    .tryTake(now);
        }
    }

    private boolean takesPlace(Channel channel, InetAddress address) {
        int most = limits.connectionsPerAddress();
        int count = open.merge(address, 1, Integer::sum);
        if (count > most) {
            giveBack(address);
            return false;
        }
        channel.closeFuture().addListener(closed -> giveBack(address));
        return true;
    }

    private void giveBack(InetAddress address) {
        open.computeIfPresent(address, (key, count) -> count == 1 ? null : count - 1);
    }
}
