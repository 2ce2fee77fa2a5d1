package io.meshvine.mesh.sim;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/** Clients with durable sessions that roam between nodes while messages are published for them and things go wrong. */
final class SessionScenario {
    private static final int START_MILLIS = 2_000;

    /** T of the promises. */
    private static final int QUIET_MILLIS = 30_000;

    private static final int STEPS = 60;
    private static final Set<Fault> NEVER = EnumSet.of(Fault.OLD_DISK, Fault.EMPTY_DISK, Fault.RESTART_ALONE);
    private static final List<String> CLIENTS = List.of("c0", "c1", "c2");
    private static final List<Moment> MOMENTS = List.of(Moment.values());

    private final SplittableRandom random;
    private final SimClients clients;
    private final SimMesh mesh;
    private final int nodes;
    private final List<Fault> faults = new ArrayList<>();

    private SessionScenario(long seed, Defect defect) {
        random = new SplittableRandom(seed);
        nodes = 2 + random.nextInt(3);
        boolean isCalm = random.nextInt(4) == 0;
        FaultPlan plan = isCalm
                ? FaultPlan.calm(random)
                : FaultPlan.stormy(random).without(NEVER).keepingAll();
        plan.kinds().stream().filter(fault -> fault != Fault.CLOCK_STEP).forEach(faults::add);
        clients = new SimClients(random.split(), nodes, plan, defect);
        mesh = clients.mesh;
    }

    /** Plays the scenario of a seed. Fails with the whole story. */
    static Tally play(long seed, Defect defect) {
        SessionScenario scenario = new SessionScenario(seed, defect);
        List<String> problems;
        try {
            problems = scenario.run();
        } catch (RuntimeException failed) {
            throw Suite.SESSIONS.failure(seed, scenario.mesh, "it failed: " + failed, failed);
        }
        if (!problems.isEmpty()) {
            throw Suite.SESSIONS.failure(
                    seed,
                    scenario.mesh,
                    problems.size() + " problems; the first: "
                            + String.join("\n", problems.subList(0, Math.min(4, problems.size()))),
                    null);
        }
        return Tally.of(scenario.mesh, scenario.clients.journeys());
    }

    private List<String> run() {
        for (int node = 0; node < nodes; node++) {
            mesh.start(node);
        }
        long now = START_MILLIS;
        mesh.runUntil(now);
        for (int step = 0; step < STEPS; step++) {
            act();
            now += random.nextInt(3) == 0 ? random.nextInt(1_000) : random.nextInt(20);
            mesh.runUntil(now);
        }
        mesh.healEverything();
        now += 8_000;
        mesh.runUntil(now);
        mesh.healEverything();
        for (int node = 0; node < nodes; node++) {
            mesh.start(node);
        }
        mesh.runUntil(now + QUIET_MILLIS);
        return clients.check(CLIENTS);
    }

    private void act() {
        int node = random.nextInt(nodes);
        String client = CLIENTS.get(random.nextInt(CLIENTS.size()));
        int dice = random.nextInt(100);
        if (dice < 50) {
            for (int i = random.nextInt(4); i >= 0; i--) {
                publish(node, client);
            }
        } else if (dice < 80) {
            connect(node, client);
            while (random.nextInt(3) == 0) { // a storm
                connect(random.nextInt(nodes), client);
            }
        } else if (dice < 88) {
            if (mesh.node(node).isUp()) {
                clients.node(node).disconnect(client);
            }
        } else if (!faults.isEmpty()) {
            fault(node);
        }
    }

    private void publish(int node, String client) {
        if (mesh.node(node).isUp()) {
            clients.node(node).publish(client, 1 + random.nextInt(2));
        }
    }

    private void connect(int node, String client) {
        if (mesh.node(node).isUp()) {
            clients.node(node).connect(client);
        }
    }

    private void fault(int node) {
        int other = (node + 1 + random.nextInt(nodes - 1)) % nodes;
        switch (faults.get(random.nextInt(faults.size()))) {
            case CRASH -> {
                if (random.nextInt(3) == 0) {
                    crash(node, Fault.CRASH);
                } else {
                    mesh.ambush(anyMoment(), node, there -> crash(node, Fault.CRASH));
                }
            }
            case POWER_CUT ->
                mesh.ambush(anyMoment(), -1, there -> {
                    for (int each = 0; each < nodes; each++) {
                        crash(each, Fault.POWER_CUT);
                    }
                });
            case LEAVE -> {
                if (mesh.node(node).isUp()) {
                    mesh.leave(node);
                    mesh.at(later(3_000), () -> mesh.start(node));
                }
            }
            case SPLIT -> {
                int side = 1 + random.nextInt((1 << nodes) - 2);
                mesh.split(side, true);
                mesh.at(later(8_000), () -> mesh.split(side, false));
            }
            case ONE_WAY_CUT -> {
                mesh.cut(node, other, true);
                mesh.at(later(5_000), () -> mesh.cut(node, other, false));
            }
            case SUSPICION -> {
                mesh.suspect(node, other, true);
                mesh.at(later(3_000), () -> mesh.suspect(node, other, false));
            }
            case SLOW_NODE -> {
                mesh.slow(node, true);
                mesh.at(later(3_000), () -> mesh.slow(node, false));
            }
            case FULL_DISK -> {
                mesh.failDisk(node, true);
                mesh.at(later(3_000), () -> mesh.failDisk(node, false));
            }
            default -> throw new IllegalStateException("not played by itself");
        }
    }

    private Moment anyMoment() {
        return MOMENTS.get(random.nextInt(MOMENTS.size()));
    }

    private void crash(int node, Fault fault) {
        if (mesh.node(node).isUp()) {
            mesh.crash(node, fault);
            mesh.at(later(3_000), () -> mesh.start(node));
        }
    }

    private long later(int withinMillis) {
        return mesh.scheduler().nowNanos() / 1_000_000 + random.nextInt(1 + withinMillis);
    }
}
