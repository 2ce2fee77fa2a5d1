package io.meshvine.mesh.jgroups;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;

/**
 * How nodes of a mesh find each other. Whatever way is chosen, addresses seen once are tried again after a split, and
 * nodes of another mesh name that happen to be found are left alone.
 */
public sealed interface Discovery {

    /** The largest port number. */
    int MAX_PORT = 65_535;

    /**
     * Zero configuration, for nodes on one host and on one local network: multicast where the bound interface can,
     * the ports where nodes settle by default on this host, and a directory in which the nodes of a user on this host
     * leave their addresses (so that they find each other on any port).
     *
     * @param firstPort the first port that is probed on the bound address
     * @param ports how many ports are probed
     * @param directory where nodes on this host leave their addresses
     */
    record Lan(int firstPort, int ports, Path directory) implements Discovery {

        /** The first port where nodes settle by default. */
        public static final int DEFAULT_PORT = 7800;

        /** How many ports a node without a configured port tries, from {@link #DEFAULT_PORT} on. */
        public static final int DEFAULT_PORTS = 20;

        public Lan {
            if (firstPort < 1 || ports < 0 || firstPort + ports - 1 > MAX_PORT) {
                throw new IllegalArgumentException("not a range of ports: " + ports + " from " + firstPort);
            }
        }

        /** The default ports, and a directory of this user under the system's directory for temporary files. */
        public static Lan standard() {
            Path directory = Path.of(System.getProperty("java.io.tmpdir"))
                    .resolve("meshvine-" + System.getProperty("user.name"))
                    .resolve("lan");
            return new Lan(DEFAULT_PORT, DEFAULT_PORTS, directory);
        }
    }

    /**
     * A list of seeds. Names are resolved anew on each try; seeds that are down, unknown or this node itself do no
     * harm. One seed that two nodes share is enough for these two to meet.
     *
     * @param seeds hosts and mesh ports; the names may be unresolved
     */
    record Static(List<InetSocketAddress> seeds) implements Discovery {
        public Static {
            seeds = List.copyOf(seeds);
        }
    }

    /**
     * A name that resolves to the addresses of all nodes, as of a service in a container network or a headless service;
     * resolved anew on each try.
     *
     * @param query the name
     * @param port the mesh port of all nodes
     */
    record Dns(String query, int port) implements Discovery {
        public Dns {
            if (query.isBlank()) {
                throw new IllegalArgumentException("the name to resolve must not be empty");
            }
            if (port < 1 || port > MAX_PORT) {
                throw new IllegalArgumentException("not a port: " + port);
            }
        }
    }
}
