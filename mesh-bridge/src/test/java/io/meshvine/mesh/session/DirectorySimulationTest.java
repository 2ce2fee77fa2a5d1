package io.meshvine.mesh.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.mesh.session.ClientDirectory.Statistics;
import io.meshvine.mesh.session.World.Node;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Clients that roam between nodes while messages are published for them. {@code -Dmeshvine.seed=N} repeats one run,
 * {@code -Dmeshvine.sim.seeds=N} plays N of them, from {@code -Dmeshvine.sim.from=N} on.
 */
class DirectorySimulationTest {
    private static final int DEFAULT_SEEDS = 1_000;
    private static final int CLIENTS = 3;
    private static final int CLEAN_STARTS = 50;

    @Test
    void withoutFaultsEveryMessageArrivesOnceAndEachClientHasOneHome() {
        forEachSeed(seed -> play(seed, false));
    }

    @Test
    void afterCrashesAndSplitsEachClientHasOneHomeAndNothingIsLost() {
        forEachSeed(seed -> play(seed, true));
    }

    @Test
    void sessionsComeWithinBounds() {
        int atOnce = 3;
        long bytes = 40;
        World world = new World(1, 2, 5, World.options(atOnce, bytes));
        Node from = world.nodes.get(0);
        Node to = world.nodes.get(1);
        world.run(500);
        List<String> clients =
                IntStream.range(0, 20).mapToObj(number -> "c" + number).toList();
        clients.forEach(client -> connect(from, client));
        world.run(1_000);
        for (String client : clients) {
            from.life.close(from.life.connections.get(client));
            world.run(20);
            IntStream.range(0, 100).forEach(number -> from.publish(client));
        }
        world.run(2_000);
        clients.forEach(client -> connect(to, client));
        int most = 0;
        long mostBytes = 0;
        for (int millis = 0; millis < 30_000; millis++) {
            world.run(1);
            Statistics now = to.life.directory.statistics();
            most = Math.max(most, now.coming());
            mostBytes = Math.max(mostBytes, now.stagedBytes());
        }
        assertThat(most).isEqualTo(atOnce);
        long oneSession = 100 * 4;
        long unconfirmed = 16 * 4;
        assertThat(mostBytes).isBetween(bytes, bytes + oneSession + (atOnce - 1) * unconfirmed);
        assertThat(to.life.directory.statistics().stagedBytes()).isZero();
        assertThat(to.life.directory.statistics().waiting()).isZero();
        assertThat(clients).allMatch(client -> to.life.connections.get(client).granted);
        assertThat(world.delivered).hasSize(20 * 100);
    }

    /** What was acknowledged as begun anew during a split has nothing of the old session in it afterwards. */
    @ParameterizedTest
    @EnumSource
    void nothingOfAnOldSessionComesBackAfterACleanStartBeyondASplit(Meanwhile meanwhile) {
        for (long seed = 1; seed <= CLEAN_STARTS; seed++) {
            World world = new World(seed, 3, 20);
            Node old = world.nodes.get(0);
            Node anew = world.nodes.get(1);
            world.run(500);
            connect(old, "c0");
            world.run(2_000);
            old.life.close(old.life.connections.get("c0"));
            world.run(500);
            old.publish("c0"); // waits there, and nowhere else
            world.run(500);
            world.cut(0, 1, true);
            world.cut(0, 2, true);
            world.run(1_000);
            anew.life.connect("c0", true);
            world.run(2_000);
            assertThat(anew.life.connections.get("c0").granted).isTrue();
            switch (meanwhile) {
                case NOTHING, CLIENT_GOES_BACK -> {}
                case CRASH -> {
                    anew.crash();
                    anew.start();
                    world.run(1_000);
                }
                case CLIENT_CONNECTS_AGAIN -> {
                    connect(anew, "c0");
                    world.run(2_000);
                }
                case CLIENT_MOVES_ON -> {
                    connect(world.nodes.get(2), "c0");
                    world.run(2_000);
                }
                case SESSION_ENDS, SESSION_ENDS_AND_CLIENT_COMES_LATER -> anew.life.endSession("c0");
                case SESSION_ENDS_AND_NODE_IS_LOST -> {
                    anew.life.endSession("c0");
                    anew.crash();
                }
                case SESSION_ENDS_AND_NODES_RESTART -> {
                    anew.life.endSession("c0");
                    for (Node node : List.of(anew, world.nodes.get(2))) {
                        node.crash();
                        node.start();
                    }
                    world.run(1_000);
                }
                case ANOTHER_SESSION_FOLLOWS -> {
                    anew.life.endSession("c0");
                    world.run(500);
                    connect(anew, "c0");
                    world.run(2_000);
                }
            }
            world.cut(0, 1, false);
            world.cut(0, 2, false);
            if (meanwhile == Meanwhile.CLIENT_GOES_BACK) {
                world.run(25);
                connect(old, "c0");
            } else if (meanwhile == Meanwhile.SESSION_ENDS_AND_CLIENT_COMES_LATER) {
                world.run(10 * seed);
                connect(world.nodes.get(2), "c0");
            }
            world.run(20_000);
            assertThat(world.nodes.stream().filter(node -> node.sessions.containsKey("c0")))
                    .as("homes, seed %d", seed)
                    .hasSize(meanwhile.homes);
            anew.start();
            world.run(2_000);
            connect(anew, "c0");
            world.run(2_000);
            assertThat(world.delivered).as("seed %d", seed).isEmpty();
        }
    }

    @Test
    void anOldHomeInReachIsWaitedForHoweverSlowItIs() {
        World world = new World(1, 3, 5);
        Node old = world.nodes.get(0);
        Node next = world.nodes.get(1);
        world.run(500);
        connect(old, "c0");
        world.run(1_000);
        old.closingMillis = 4_000;

        connect(next, "c0");
        world.run(3_900);
        assertThat(next.life.connections.get("c0").granted).isFalse();
        world.run(1_000);

        assertThat(next.life.connections.get("c0").granted).isTrue();
        assertThat(old.sessions).isEmpty();
    }

    @Test
    void aCleanStartIsKeptForNodesOutOfReachAndNotForever() {
        Duration kept = Duration.ofMinutes(1);
        World world = new World(1, 2, 5, new DirectoryOptions(Duration.ofMillis(500), 1_000, 1_000, 1_000_000, kept));
        Node here = world.nodes.get(0);
        world.run(500);
        here.life.connect("c0", true);
        world.run(1_000);
        assertThat(here.begun).as("everybody is in reach").isEmpty();
        world.cut(0, 1, true);
        world.run(500);
        here.life.connect("c1", true);
        world.run(1_000);
        here.life.endSession("c1");
        assertThat(here.begun).containsOnlyKeys("c1");
        world.cut(0, 1, false);
        world.run(1_000);
        assertThat(world.nodes.get(1).begun).containsOnlyKeys("c1");
        world.run(kept.toMillis());
        assertThat(world.nodes).allSatisfy(node -> {
            assertThat(node.begun).isEmpty();
            assertThat(node.life.directory.statistics().cleanStarts()).isZero();
        });
    }

    /** What happens between a clean start in a split and the end of that split. */
    enum Meanwhile {
        NOTHING(1),
        CRASH(1),
        CLIENT_CONNECTS_AGAIN(1),
        CLIENT_MOVES_ON(1),
        CLIENT_GOES_BACK(1),
        SESSION_ENDS(0),
        SESSION_ENDS_AND_NODE_IS_LOST(0),
        SESSION_ENDS_AND_NODES_RESTART(0),
        SESSION_ENDS_AND_CLIENT_COMES_LATER(1),
        ANOTHER_SESSION_FOLLOWS(1);

        /** Where the client is at home in the end. */
        final int homes;

        Meanwhile(int homes) {
            this.homes = homes;
        }
    }

    private static void forEachSeed(java.util.function.LongConsumer run) {
        Long only = Long.getLong("meshvine.seed");
        if (only != null) {
            run.accept(only);
            return;
        }
        long from = Long.getLong("meshvine.sim.from", 1);
        LongStream.range(from, from + Long.getLong("meshvine.sim.seeds", DEFAULT_SEEDS))
                .forEach(run);
    }

    private static void play(long seed, boolean faults) {
        java.util.SplittableRandom random = new java.util.SplittableRandom(seed);
        World world = new World(seed, 1 + random.nextInt(5), 1 + random.nextInt(30));
        world.run(500);
        for (int step = 0; step < 120; step++) {
            Node node = world.nodes.get(random.nextInt(world.nodes.size()));
            String clientId = "c" + random.nextInt(CLIENTS);
            int what = random.nextInt(100);
            if (what < 55) {
                node.publish(clientId);
            } else if (what < 80) {
                connect(node, clientId);
                while (random.nextInt(3) == 0) { // a storm
                    connect(world.nodes.get(random.nextInt(world.nodes.size())), clientId);
                }
            } else if (what < 88) {
                World.Life life = node.life;
                if (life != null && life.connections.get(clientId) != null && life.connections.get(clientId).granted) {
                    life.close(life.connections.get(clientId));
                }
            } else if (faults && what < 92) {
                node.crash();
            } else if (faults && what < 95) {
                node.start();
            } else if (faults && world.nodes.size() > 1) {
                split(world, random);
            }
            world.run(random.nextInt(3) == 0 ? random.nextInt(2_000) : random.nextInt(20));
        }
        world.healAll();
        world.run(20_000);
        check(seed, world, faults);
    }

    private static void connect(Node node, String clientId) {
        if (node.life != null) {
            node.life.connect(clientId);
        }
    }

    private static void split(World world, java.util.SplittableRandom random) {
        boolean heals = random.nextBoolean();
        boolean[] side = new boolean[world.nodes.size()];
        for (int i = 0; i < side.length; i++) {
            side[i] = random.nextBoolean();
        }
        for (int i = 0; i < side.length; i++) {
            for (int j = 0; j < i; j++) {
                world.cut(i, j, !heals && side[i] != side[j]);
            }
        }
    }

    private static void check(long seed, World world, boolean faults) {
        List<Long> waiting = new ArrayList<>();
        if (!faults) {
            assertThat(world.overtaken).as("overtaken, seed %d", seed).isEmpty();
        }
        for (int i = 0; i < CLIENTS; i++) {
            String clientId = "c" + i;
            long homes = world.nodes.stream()
                    .filter(node -> node.sessions.containsKey(clientId))
                    .count();
            long live = world.nodes.stream()
                    .filter(node -> node.life != null && node.life.connections.containsKey(clientId))
                    .count();
            assertThat(homes).as("homes of %s, seed %d", clientId, seed).isLessThanOrEqualTo(1);
            assertThat(live).as("connections of %s, seed %d", clientId, seed).isLessThanOrEqualTo(1);
        }
        world.nodes.forEach(node -> node.sessions.values().forEach(session -> waiting.addAll(session.queue)));
        world.published.forEach((message, clientId) -> {
            long copies = world.delivered.getOrDefault(message, 0)
                    + waiting.stream().filter(message::equals).count();
            if (!faults) {
                assertThat(copies)
                        .as("copies of message %d for %s, seed %d", message, clientId, seed)
                        .isEqualTo(1);
            } else {
                assertThat(copies)
                        .as("copies of message %d for %s, seed %d", message, clientId, seed)
                        .isGreaterThanOrEqualTo(1);
            }
        });
        world.nodes.forEach(node -> assertThat(node.left)
                .as("left at n%d, seed %d", node.number, seed)
                .isEmpty());
        world.nodes.forEach(node -> assertThat(
                        node.life == null ? 0 : node.life.directory.statistics().homes())
                .as("homes that n%d knows, seed %d", node.number, seed)
                .isEqualTo(node.sessions.size()));
    }
}
