package io.meshvine.mesh.jgroups;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Looks up the addresses of a host name. May block for as long as name servers take; called from several threads. */
@FunctionalInterface
public interface NameResolver {

    /** The resolver of the system, with the cache of the JVM (30 s unless {@code networkaddress.cache.ttl} is set). */
    NameResolver SYSTEM = host -> List.of(InetAddress.getAllByName(host));

    /**
     * The addresses of a host.
     *
     * @throws UnknownHostException if there are none at present
     */
    List<InetAddress> resolve(String host) throws UnknownHostException;
}
