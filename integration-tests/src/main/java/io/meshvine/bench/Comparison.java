package io.meshvine.bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Runs of two brokers in alternation, A B A B. Each ratio is taken within a pair, so that what else the machine does weighs on both; then
 * the median of the pairs counts.
 */
record Comparison(String scenario, boolean measuresLatency, List<Pair> pairs) {
    /** Two runs, one right behind the other. */
    record Pair(Run a, Run b) {}

    /** Messages per second, B over A: above 1, B is faster. */
    @JsonProperty
    Spread throughput() {
        return ratio(run -> run.load().deliveredPerSecond());
    }

    /** Processor seconds per million deliveries, B over A: below 1, B is cheaper. */
    @JsonProperty
    Spread cpu() {
        return ratio(Run::cpuSecondsPerMillion);
    }

    /** Slowest percent, B over A; below 1, B is quicker. Only of scenarios that measure latency. */
    @JsonProperty
    Spread p99() {
        return ratio(run -> run.load().latency().p99());
    }

    Spread a(ToDoubleFunction<Run> value) {
        return Spread.of(pairs.stream()
                .mapToDouble(pair -> value.applyAsDouble(pair.a()))
                .toArray());
    }

    Spread b(ToDoubleFunction<Run> value) {
        return Spread.of(pairs.stream()
                .mapToDouble(pair -> value.applyAsDouble(pair.b()))
                .toArray());
    }

    private Spread ratio(ToDoubleFunction<Run> value) {
        return Spread.of(pairs.stream()
                .mapToDouble(pair -> value.applyAsDouble(pair.b()) / value.applyAsDouble(pair.a()))
                .map(ratio -> Double.isFinite(ratio) ? ratio : 0)
                .toArray());
    }

    /** True if no run lost, repeated or reordered anything. */
    @JsonProperty
    boolean clean() {
        return pairs.stream()
                .allMatch(pair -> pair.a().load().isClean() && pair.b().load().isClean());
    }
}
