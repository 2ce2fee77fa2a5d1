package io.meshvine.fault;

import io.meshvine.fault.ledger.Loss;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Outcomes for people: a row each, and under the table what exactly was lost. */
final class Table {
    private static final int SHOWN = 12;

    private final PrintStream out;

    Table(PrintStream out) {
        this.out = out;
    }

    void head() {
        out.println("| fault | published | acked | lost | twice QoS 1 | twice QoS 2 | reordered | unavailable s"
                + " | converged s | noticed s | wills late s | dropped | verdict |");
        out.println("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
        out.flush();
    }

    void row(Outcome outcome) {
        out.println(text(outcome));
        out.flush();
    }

    /** What exactly was lost. */
    void details(List<Outcome> outcomes) {
        outcomes.stream().filter(outcome -> !outcome.passed()).forEach(this::details);
        out.flush();
    }

    private static String text(Outcome outcome) {
        return String.format(
                Locale.ROOT,
                "| %s | %d | %d | %d | %d | %d | %d | %s | %s | %s | %s | %s | %s |",
                outcome.scenario(),
                outcome.ledger().published(),
                outcome.ledger().acknowledged(),
                outcome.ledger().lost(),
                outcome.ledger().duplicates().get(1),
                outcome.ledger().duplicates().get(2),
                outcome.ledger().reordered(),
                seconds(outcome.unavailable()),
                seconds(outcome.convergence()),
                seconds(outcome.notice()),
                outcome.wills().expected() == 0
                        ? "-"
                        : seconds(Duration.ofMillis(outcome.wills().slowestMillis())),
                drops(outcome.drops()),
                outcome.passed() ? "pass" : "FAIL: " + String.join(", ", outcome.failures()));
    }

    private static String seconds(@Nullable Duration time) {
        return time == null ? "-" : String.format(Locale.ROOT, "%.1f", time.toMillis() / 1e3);
    }

    private static String drops(Map<String, Long> drops) {
        return drops.isEmpty()
                ? "0"
                : new TreeMap<>(drops)
                        .entrySet().stream()
                                .map(drop -> drop.getKey() + " " + drop.getValue())
                                .collect(Collectors.joining(", "));
    }

    private void details(Outcome outcome) {
        List<Loss> losses = outcome.ledger().losses();
        out.println();
        out.println(outcome.scenario() + ", seed " + outcome.seed() + ": " + losses.size() + " ranges lost");
        losses.stream().limit(SHOWN).forEach(loss -> out.println("  " + loss));
        outcome.ledger().overtaken().stream().limit(SHOWN).forEach(late -> out.println("  " + late));
        outcome.ledger().repeats().stream().limit(SHOWN).forEach(repeat -> out.println("  " + repeat));
    }
}
