package io.meshvine.bench.micro;

import io.meshvine.mesh.interest.FilterTrie;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/** One topic against many filters, and one change of a filter. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class MatchBenchmark {
    private static final int TOPICS = 1024;

    @Param({"1000", "100000"})
    public int filters;

    private final FilterTrie<Integer> trie = new FilterTrie<>();
    private final String[] topics = new String[TOPICS];
    private int next;

    @Setup
    public void fill() {
        for (int i = 0; i < filters; i++) {
            trie.compute(filter(i), old -> 1);
        }
        for (int i = 0; i < TOPICS; i++) {
            topics[i] = "site/" + i % 10 + "/line/" + i % 100 + "/machine/" + i % filters + "/temperature";
        }
    }

    /** One in ten has a wildcard for a level, one in a hundred ends with the one for all levels. */
    private static String filter(int i) {
        if (i % 100 == 0) {
            return "site/" + i % 10 + "/line/" + i + "/#";
        }
        String line = i % 10 == 0 ? "+" : Integer.toString(i % 100);
        return "site/" + i % 10 + "/line/" + line + "/machine/" + i + "/temperature";
    }

    @Benchmark
    public void match(Blackhole hole) {
        next = (next + 1) & (TOPICS - 1);
        trie.match(topics[next], hole::consume);
    }

    @Benchmark
    public long subscribeAndUnsubscribe() {
        next = (next + 1) & (TOPICS - 1);
        String filter = topics[next] + "/more";
        trie.compute(filter, old -> 1);
        trie.compute(filter, old -> null);
        return trie.version();
    }
}
