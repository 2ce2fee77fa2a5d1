package io.meshvine.mesh.sim;

import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** What simulations were made of: runs, messages, faults, and how many messages were on their way under each fault. */
final class Tally {
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private final Map<Fault, Count> counts = new EnumMap<>(Fault.class);
    private long runs;
    private long nodes;
    private long messages;
    private long underFault;
    private long virtualSeconds;

    private static final class Count {
        private long runs;
        private long times;
        private long messages;
    }

    /** What one run was made of. */
    static Tally of(SimMesh mesh, Collection<Journey> journeys) {
        Tally tally = new Tally();
        tally.runs = 1;
        tally.nodes = mesh.nodes().size();
        tally.virtualSeconds = mesh.scheduler().nowNanos() / NANOS_PER_SECOND;
        tally.messages = journeys.size();
        for (SimMesh.Episode episode : mesh.episodes()) {
            Count count = tally.count(episode.fault);
            count.runs = 1;
            count.times++;
        }
        for (Journey journey : journeys) {
            Set<Fault> met = EnumSet.noneOf(Fault.class);
            for (SimMesh.Episode episode : mesh.episodes()) {
                if (journey.meets(episode)) {
                    met.add(episode.fault);
                }
            }
            met.forEach(fault -> tally.count(fault).messages++);
            tally.underFault += met.isEmpty() ? 0 : 1;
        }
        return tally;
    }

    private Count count(Fault fault) {
        return counts.computeIfAbsent(fault, none -> new Count());
    }

    /** Adds what another one counted. */
    void add(Tally other) {
        runs += other.runs;
        nodes += other.nodes;
        messages += other.messages;
        underFault += other.underFault;
        virtualSeconds += other.virtualSeconds;
        other.counts.forEach((fault, count) -> {
            Count sum = count(fault);
            sum.runs += count.runs;
            sum.times += count.times;
            sum.messages += count.messages;
        });
    }

    long runs() {
        return runs;
    }

    /** How often a fault happened. */
    long times(Fault fault) {
        Count count = counts.get(fault);
        return count == null ? 0 : count.times;
    }

    /** How many messages were on their way under a fault. */
    long messages(Fault fault) {
        Count count = counts.get(fault);
        return count == null ? 0 : count.messages;
    }

    /** A table for people. */
    String table() {
        StringBuilder table = new StringBuilder(String.format(
                "%,d runs of %.1f nodes, %,d virtual hours, %,d messages, %,d of them under some fault%n%-34s %9s %11s"
                        + " %11s%n",
                runs,
                runs == 0 ? 0.0 : (double) nodes / runs,
                virtualSeconds / 3_600,
                messages,
                underFault,
                "fault",
                "runs",
                "times",
                "messages"));
        for (Fault fault : Fault.values()) {
            Count count = counts.getOrDefault(fault, new Count());
            table.append(
                    String.format("%-34s %,9d %,11d %,11d%n", fault.label(), count.runs, count.times, count.messages));
        }
        return table.toString();
    }
}
