package io.meshvine.node.security;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * Slows down those who guess: after a few failed logins an address waits before the next try, twice as long each time. Any
 * thread. Keeps a bounded number of addresses, those that failed last.
 */
final class FailedLogins {

    private static final int FREE_TRIES = 5;
    private static final Duration FIRST_WAIT = Duration.ofSeconds(1);
    private static final int DOUBLINGS = 6;
    private static final Duration FORGOTTEN_AFTER = Duration.ofMinutes(10);
    private static final int MAX_ADDRESSES = 10_000;

    /** Whoever has an IPv6 address mostly has 2^64 of them. */
    private static final int IPV6_PREFIX_BYTES = 8;

    private final LongSupplier nanoTime;
    private final LongAdder failures = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final Map<String, Failures> records = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Failures> eldest) {
            return size() > MAX_ADDRESSES;
        }
    };

    private record Failures(int failures, long lastNanos, long waitNanos) {}

    FailedLogins(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Whether an address may try again. */
    boolean mayTry(SocketAddress address) {
        synchronized (records) {
            Failures record = records.get(key(address));
            if (record == null || nanoTime.getAsLong() - record.lastNanos >= record.waitNanos) {
                return true;
            }
        }
        refused.increment();
        return false;
    }

    void failed(SocketAddress address) {
        failures.increment();
        long now = nanoTime.getAsLong();
        synchronized (records) {
            records.compute(key(address), (key, before) -> {
                int count =
                        before == null || now - before.lastNanos > FORGOTTEN_AFTER.toNanos() ? 1 : before.failures + 1;
                int beyond = count - FREE_TRIES;
                long wait = beyond < 0 ? 0 : FIRST_WAIT.toNanos() << Math.min(beyond, DOUBLINGS);
                return new Failures(count, now, wait);
            });
        }
    }

    /** Failed logins since the start. */
    long failures() {
        return failures.sum();
    }

    /** Tries that were refused without looking at them. */
    long refused() {
        return refused.sum();
    }

    private static String key(SocketAddress address) {
        if (!(address instanceof InetSocketAddress inet) || inet.getAddress() == null) {
            return address.toString();
        }
        InetAddress host = inet.getAddress();
        byte[] bytes = host.getAddress();
        return HexFormat.of().formatHex(host instanceof Inet6Address ? Arrays.copyOf(bytes, IPV6_PREFIX_BYTES) : bytes);
    }
}
