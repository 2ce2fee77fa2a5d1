package io.meshvine.fault.net;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * One network namespace for each node, joined by a bridge in the namespace of this process, from where clients reach
 * every node whatever is cut between nodes. Needs a process with network and mount namespaces of its own (the command
 * {@code integration-tests/faults} sees to it): all of it goes with the process, however that ends. Used by one thread.
 */
public final class Network {
    /** Tells this process that it may change network and mounts; set by {@code integration-tests/faults}. */
    private static final String ISOLATED = "meshvine.fault.isolated";

    private static final String PREFIX = "10.77.0.";
    static final String HOST = PREFIX + "254";

    /** Nobody's: frames to it reach no interface that takes them. */
    private static final String NOBODY = "02:00:00:00:00:01";

    private final int nodes;
    private final List<Cut> cuts = new ArrayList<>();

    private record Cut(int from, int to) {}

    /** Builds the network; once per process. */
    public Network(int nodes) {
        if (!Boolean.getBoolean(ISOLATED)) {
            throw new IllegalStateException(
                    "faults change network and mounts, so they run in namespaces: use integration-tests/faults");
        }
        this.nodes = nodes;
        Shell.run("mkdir -p /run/netns");
        Shell.run("mount -t tmpfs none /run/netns");
        Shell.run("ip link set lo up");
        Shell.run("ip link add br0 type bridge");
        Shell.run("ip addr add " + HOST + "/24 dev br0");
        Shell.run("ip link set br0 up");
        for (int node = 0; node < nodes; node++) {
            add(node);
        }
    }

    private static void add(int node) {
        String name = name(node);
        Shell.run("ip netns add " + name);
        Shell.run("ip link add " + name + " type veth peer name eth0 netns " + name);
        Shell.run("ip link set " + name + " master br0 up");
        Shell.run("ip -n " + name + " addr add " + address(node) + "/24 dev eth0");
        Shell.run("ip -n " + name + " link set lo up");
        Shell.run("ip -n " + name + " link set eth0 up");
    }

    public int nodes() {
        return nodes;
    }

    /** A node's name; nodes are numbered from 0, named from n1. */
    public static String name(int node) {
        return "n" + (node + 1);
    }

    /** The address of a node. */
    public static String address(int node) {
        return PREFIX + (node + 1);
    }

    /** The command, run in the namespace of a node. */
    public static List<String> inside(int node, List<String> command) {
        List<String> all = new ArrayList<>(List.of("nsenter", "--net=/run/netns/" + name(node)));
        all.addAll(command);
        return all;
    }

    /**
     * From now on nothing of one node reaches the other, without a word to either; the other direction is left alone.
     * The way to do so is a wrong hardware address for the neighbour, because it needs no more than a kernel with
     * namespaces.
     */
    public void cut(int from, int to) {
        Shell.run("ip -n " + name(from) + " " + cutTo(to));
        cuts.add(new Cut(from, to));
    }

    private static String cutTo(int node) {
        return "neigh replace " + address(node) + " lladdr " + NOBODY + " dev eth0 nud permanent";
    }

    /** From now on nothing of a node reaches those, from one moment on. */
    public void cut(int from, Set<Integer> to) {
        try {
            Path commands = Files.createTempFile("cut", ".ip");
            Files.write(commands, to.stream().map(Network::cutTo).toList());
            Shell.run("ip -n " + name(from) + " -batch " + commands);
            Files.delete(commands);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write commands for ip", e);
        }
        to.forEach(each -> cuts.add(new Cut(from, each)));
    }

    /** From now on the two do not hear each other. */
    public void cutBoth(int one, int other) {
        cut(one, other);
        cut(other, one);
    }

    /** All can reach each other again. */
    public void heal() {
        for (Cut cut : cuts) {
            Shell.run("ip -n " + name(cut.from()) + " neigh del " + address(cut.to()) + " dev eth0");
        }
        cuts.clear();
    }
}
