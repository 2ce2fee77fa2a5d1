package io.meshvine.mesh.jgroups;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The addresses at which members may be found, looked up anew on each call. While one call is held up by a slow name
 * server, others get what was found last. Thread-safe.
 */
final class Candidates {

    private static final Logger LOG = LoggerFactory.getLogger(Candidates.class);

    private final Discovery discovery;
    private final InetAddress ownAddress;
    private final NameResolver resolver;
    private final AtomicBoolean looking = new AtomicBoolean();
    private volatile Set<InetSocketAddress> found = Set.of();
    private volatile Set<String> unknownHosts = Set.of();

    /**
     * Candidates of a way of discovery.
     *
     * @param ownAddress the address of this member: its host is where default ports are probed
     */
    Candidates(Discovery discovery, InetAddress ownAddress, NameResolver resolver) {
        this.discovery = discovery;
        this.ownAddress = ownAddress;
        this.resolver = resolver;
    }

    /** The addresses to try, this member's own possibly among them. May block on a name server. */
    Set<InetSocketAddress> find() {
        if (looking.compareAndSet(false, true)) {
            try {
                found = look();
            } finally {
                looking.set(false);
            }
        }
        return found;
    }

    private Set<InetSocketAddress> look() {
        Set<InetSocketAddress> addresses = new LinkedHashSet<>();
        Set<String> unknown = new LinkedHashSet<>();
        if (discovery instanceof Discovery.Lan lan) {
            IntStream.range(lan.firstPort(), lan.firstPort() + lan.ports())
                    .forEach(port -> addresses.add(new InetSocketAddress(ownAddress, port)));
            addresses.addAll(HostDirectory.read(lan.directory()));
        } else if (discovery instanceof Discovery.Static seeds) {
            seeds.seeds().forEach(seed -> resolve(seed.getHostString(), seed.getPort(), addresses, unknown));
        } else if (discovery instanceof Discovery.Dns dns) {
            resolve(dns.query(), dns.port(), addresses, unknown);
        }
        report(unknown);
        return addresses;
    }

    private void resolve(String host, int port, Set<InetSocketAddress> addresses, Set<String> unknown) {
        try {
            List<InetAddress> resolved = resolver.resolve(host);
            for (InetAddress address : resolved) {
                // Of a name with both families, the one that this member speaks.
                if (resolved.size() == 1 || address.getClass() == ownAddress.getClass()) {
                    addresses.add(new InetSocketAddress(address, port));
                }
            }
        } catch (UnknownHostException notYet) {
            unknown.add(host);
        }
    }

    /** Seeds may well come up later: what changed is said once, not on each try. */
    private void report(Set<String> unknown) {
        Set<String> before = unknownHosts;
        unknownHosts = unknown;
        for (String host : unknown) {
            if (!before.contains(host)) {
                LOG.warn("seed {} cannot be resolved yet; retrying", host);
            }
        }
        for (String host : before) {
            if (!unknown.contains(host)) {
                LOG.info("seed {} can be resolved now", host);
            }
        }
    }
}
