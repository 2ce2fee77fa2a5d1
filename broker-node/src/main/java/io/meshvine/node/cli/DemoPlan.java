package io.meshvine.node.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Who the nodes of a demonstration are and where they listen. With the default base port, node 1 has every default port
 * of a node; node {@code i} has its MQTT and mesh ports {@code i - 1} above, its HTTP ports {@code 100 * (i - 1)} above.
 */
record DemoPlan(Path folder, List<Member> members) {

    static final int DEFAULT_BASE_PORT = 1883;
    static final int MAX_NODES = 50;

    private static final String LOOPBACK = "127.0.0.1";
    private static final int MAX_PORT = 65_535;
    private static final int MESH_OFFSET = 7800 - DEFAULT_BASE_PORT;
    private static final int ADMIN_OFFSET = 8080 - DEFAULT_BASE_PORT;
    private static final int WS_OFFSET = 8083 - DEFAULT_BASE_PORT;
    private static final int HTTP_STEP = 100;
    private static final int SUGGESTION_STEP = 1_000;

    /** One node. Ports 0 are chosen by the node itself. */
    record Member(String name, int mqtt, int ws, int admin, int mesh) {

        /** The first of its ports that is not free, with its use. */
        private Optional<String> taken(IntPredicate isFree) {
            record Use(String name, int port) {}
            return Stream.of(
                            new Use("MQTT", mqtt),
                            new Use("WebSocket", ws),
                            new Use("admin", admin),
                            new Use("mesh", mesh))
                    .filter(use -> !isFree.test(use.port()))
                    .map(use -> "port " + use.port() + " (" + use.name() + " of " + name + ")")
                    .findFirst();
        }
    }

    /**
     * Plans ports from the base port on.
     *
     * @param basePort MQTT port of node 1, or 0 for ephemeral ports everywhere
     */
    static DemoPlan of(int nodes, int basePort, Path folder) throws DemoException {
        List<Member> members = basePort == 0 ? ephemeral(nodes) : fixed(nodes, basePort, DemoPlan::isFree);
        return new DemoPlan(folder, members);
    }

    static List<Member> fixed(int nodes, int basePort, IntPredicate isFree) throws DemoException {
        int highest = highestBasePort(nodes);
        if (basePort < 1 || basePort > highest) {
            throw new DemoException("--base-port " + basePort + ": expected 1 to " + highest + " for " + nodes
                    + " nodes, or 0 for any free ports");
        }
        List<Member> members = members(nodes, basePort);
        for (Member member : members) {
            Optional<String> taken = member.taken(isFree);
            if (taken.isPresent()) {
                throw new DemoException(
                        taken.get() + " is taken; stop what uses it, or " + wayOut(nodes, basePort, isFree));
            }
        }
        return members;
    }

    private static int highestBasePort(int nodes) {
        return MAX_PORT - WS_OFFSET - HTTP_STEP * (nodes - 1);
    }

    private static List<Member> members(int nodes, int basePort) {
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < nodes; i++) {
            members.add(new Member(
                    "node-" + (i + 1),
                    basePort + i,
                    basePort + WS_OFFSET + HTTP_STEP * i,
                    basePort + ADMIN_OFFSET + HTTP_STEP * i,
                    basePort + MESH_OFFSET + i));
        }
        return members;
    }

    private static String wayOut(int nodes, int basePort, IntPredicate isFree) {
        for (int other = basePort + SUGGESTION_STEP; other <= highestBasePort(nodes); other += SUGGESTION_STEP) {
            if (members(nodes, other).stream()
                    .allMatch(member -> member.taken(isFree).isEmpty())) {
                return "move all ports with --base-port " + other + " (--base-port 0 takes any free ones)";
            }
        }
        return "take any free ports with --base-port 0";
    }

    /** Mesh ports are picked here, all at once so that they differ, because the nodes are told each other's. */
    private static List<Member> ephemeral(int nodes) throws DemoException {
        List<ServerSocket> held = new ArrayList<>();
        try {
            List<Member> members = new ArrayList<>();
            for (int i = 1; i <= nodes; i++) {
                ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                held.add(socket);
                members.add(new Member("node-" + i, 0, 0, 0, socket.getLocalPort()));
            }
            for (ServerSocket socket : held) {
                socket.close();
            }
            return members;
        } catch (IOException e) {
            throw new DemoException("no free ports on " + LOOPBACK + ": " + e.getMessage(), e);
        }
    }

    static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false; // whatever the reason is, a node could not listen there either
        }
    }

    /** The file with a node's settings; a node can be started from it by hand. */
    Path configFile(Member member) {
        return folder.resolve(member.name() + ".yaml");
    }

    /** Where a node's output goes. */
    Path logFile(Member member) {
        return folder.resolve(member.name() + ".log");
    }

    /** Writes every node's settings. */
    void writeConfigFiles() throws DemoException {
        try {
            Files.createDirectories(folder);
            for (Member member : members) {
                Files.writeString(configFile(member), config(member));
            }
        } catch (IOException e) {
            throw new DemoException("cannot write to " + folder + " (" + e + "); choose another with --data-dir", e);
        }
    }

    private String config(Member member) {
        String seeds = members.stream()
                .map(other -> "    - " + LOOPBACK + ":" + other.mesh() + "\n")
                .collect(Collectors.joining());
        return """
                # Written by: meshvine demo. Start this node alone: meshvine node --config %s
                node:
                  name: %s
                  data-dir: %s
                mqtt:
                  tcp: {host: %s, port: %d}
                  ws: {host: %s, port: %d}
                admin: {host: %s, port: %d}
                mesh:
                  name: demo
                  bind-address: %s
                  bind-port: %d
                  discovery: static
                  seeds:
                %s""".formatted(
                        quoted(configFile(member)),
                        member.name(),
                        quoted(folder.resolve(member.name())),
                        LOOPBACK,
                        member.mqtt(),
                        LOOPBACK,
                        member.ws(),
                        LOOPBACK,
                        member.admin(),
                        LOOPBACK,
                        member.mesh(),
                        seeds);
    }

    private static String quoted(Path path) {
        return "'" + path.toAbsolutePath().normalize().toString().replace("'", "''") + "'";
    }
}
