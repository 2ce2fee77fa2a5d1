package io.meshvine.mesh.sim;

import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;

/** The command {@code meshvine-sim}: plays seeds until it is stopped, the time is over or a promise is broken. */
public final class SimulationMain {
    private static final String USAGE = """
        usage: meshvine-sim [SUITE...] [--seed N | --from N] [--minutes M] [--threads T]
          SUITE        %s; all of them in turn if none is named
          --seed N     repeats one seed
          --from N     begins with this seed; a random one without
          --minutes M  ends after M minutes; without, it goes on until it is stopped or finds something
          --threads T  one for each processor without
        Exit code: 0 all promises kept, 1 one was broken, 2 wrong usage.\
        """;

    /** So many seeds of a suite, then the next one has its turn. */
    private static final int SEEDS_AT_A_TIME = 2_000;

    private static final Duration REPORTS_APART = Duration.ofSeconds(30);
    private static final int WRONG_USAGE = 2;

    private final List<Suite> suites = new ArrayList<>();
    private long only = -1;
    private long from = System.currentTimeMillis();
    private Duration atMost = Duration.ofDays(10_000);
    private int threads = Runtime.getRuntime().availableProcessors();

    private SimulationMain() {}

    public static void main(String[] args) {
        SimulationMain command = new SimulationMain();
        try {
            command.read(List.of(args));
        } catch (IllegalArgumentException wrong) {
            System.err.println(
                    "meshvine-sim: " + wrong.getMessage() + "\n" + USAGE.formatted(String.join(", ", Suite.labels())));
            System.exit(WRONG_USAGE);
        }
        System.exit(command.only >= 0 ? command.repeat() : command.run());
    }

    private void read(List<String> args) {
        Iterator<String> rest = args.iterator();
        while (rest.hasNext()) {
            String arg = rest.next();
            if (!arg.startsWith("--")) {
                suites.add(suite(arg));
                continue;
            }
            if (!rest.hasNext()) {
                throw new IllegalArgumentException(arg + " needs a number");
            }
            long number = number(arg, rest.next());
            switch (arg) {
                case "--seed" -> only = number;
                case "--from" -> from = number;
                case "--minutes" -> atMost = Duration.ofMinutes(number);
                case "--threads" -> threads = Math.toIntExact(Math.max(1, number));
                default -> throw new IllegalArgumentException("unknown option " + arg);
            }
        }
        if (suites.isEmpty()) {
            suites.addAll(Arrays.asList(Suite.values()));
        }
    }

    private static Suite suite(String label) {
        return Arrays.stream(Suite.values())
                .filter(suite -> suite.label().equals(label))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown suite " + label));
    }

    private static long number(String option, String value) {
        try {
            long number = Long.parseLong(value);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // as if it were negative
        }
        throw new IllegalArgumentException(option + " takes a number, not " + value);
    }

    private int repeat() {
        for (Suite suite : suites) {
            try {
                System.out.println(
                        suite.label() + ": " + suite.play(only, Defect.NONE).table());
            } catch (AssertionError broken) {
                System.out.println(broken.getMessage());
                return 1;
            }
        }
        return 0;
    }

    private int run() {
        long endNanos = System.nanoTime() + atMost.toNanos();
        Tally all = new Tally();
        long reportNanos = System.nanoTime();
        System.out.printf(Locale.ROOT, "from seed %d on, %d threads%n", from, threads);
        for (long seed = from; ; seed += SEEDS_AT_A_TIME) {
            for (Suite suite : suites) {
                Duration left = Duration.ofNanos(endNanos - System.nanoTime());
                if (left.isNegative() || left.isZero()) {
                    System.out.println("all promises kept: " + all.table());
                    return 0;
                }
                Simulation simulation = new Simulation(suite, threads, seed, SEEDS_AT_A_TIME, left);
                AssertionError broken = simulation.run();
                all.add(simulation.tally());
                if (broken != null) {
                    System.out.println(all.table());
                    System.out.println(broken.getMessage());
                    return 1;
                }
                long now = System.nanoTime();
                if (now - reportNanos >= REPORTS_APART.toNanos()) {
                    reportNanos = now;
                    System.out.printf(
                            Locale.ROOT,
                            "%s  %,d seeds, the last ones %d to %d of %s%n",
                            LocalTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS),
                            all.runs(),
                            seed,
                            seed + simulation.tally().runs() - 1,
                            suite.label());
                }
            }
        }
    }
}
