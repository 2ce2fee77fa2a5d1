package io.meshvine.bench;

import io.meshvine.bench.load.LoadResult;
import io.meshvine.bench.load.Quantiles;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What people read: a line per run, then a table of medians and ratios. */
final class Report {
    /** Above this share of its processor the client may be what is measured. */
    private static final double CLIENT_BOUND = 0.95;

    private static final double MEGABYTE = 1024 * 1024;

    private final PrintStream out;

    Report(PrintStream out) {
        this.out = out;
    }

    void line(String text) {
        out.println(text);
        out.flush();
    }

    void run(String mark, Run run) {
        LoadResult load = run.load();
        StringBuilder text = new StringBuilder();
        text.append(format(
                "  %-8s %9.0f msg/s  broker %.2f cores, %6.2f CPU s/M, %4.0f MB  client %.2f  others %.2f",
                mark,
                load.deliveredPerSecond(),
                run.brokerCores(),
                run.cpuSecondsPerMillion(),
                run.peakResidentBytes() / MEGABYTE,
                load.clientCpu(),
                run.otherCores()));
        if (load.latency().count() > 0 && load.sendLag().count() > 0) {
            text.append("  µs ").append(quantiles(load.latency()));
            text.append("  sent late p99 ").append(format("%.0f", load.sendLag().p99()));
        }
        text.append(faults(load));
        line(text.toString());
    }

    private static String quantiles(Quantiles q) {
        return format("p50 %.0f p99 %.0f p99.9 %.0f max %.0f", q.p50(), q.p99(), q.p999(), q.max());
    }

    private static String faults(LoadResult load) {
        List<String> faults = new ArrayList<>();
        add(faults, "lost", load.lost());
        add(faults, "duplicates", load.duplicates());
        add(faults, "out of order", load.late());
        add(faults, "strangers", load.strangers());
        add(faults, "missing acks", load.missingAcks());
        add(faults, "refused", load.refused());
        add(faults, "unknown acks", load.unknownAcks());
        add(faults, "stalls", load.stalls());
        faults.addAll(load.failures());
        if (load.clientCpu() > CLIENT_BOUND) {
            faults.add("client-bound");
        }
        return faults.isEmpty() ? "" : "  !! " + String.join(", ", faults);
    }

    private static void add(List<String> faults, String name, long count) {
        if (count != 0) {
            faults.add(name + " " + count);
        }
    }

    void table(String a, String b, List<Comparison> comparisons) {
        line("");
        line("A = " + a + ", B = " + b);
        line("");
        line("| scenario | A msg/s | B msg/s | B/A msg/s (min-max) | A CPU s/M | B CPU s/M | B/A CPU | clean |");
        line("|---|---|---|---|---|---|---|---|");
        comparisons.forEach(c -> line(format(
                "| %s | %.0f | %.0f | %s | %.2f | %.2f | %s | %s |",
                c.scenario(),
                c.a(run -> run.load().deliveredPerSecond()).median(),
                c.b(run -> run.load().deliveredPerSecond()).median(),
                c.throughput().ratio(),
                c.a(Run::cpuSecondsPerMillion).median(),
                c.b(Run::cpuSecondsPerMillion).median(),
                c.cpu().ratio(),
                c.clean() ? "yes" : "NO")));
        List<Comparison> timed =
                comparisons.stream().filter(Comparison::measuresLatency).collect(Collectors.toList());
        if (timed.isEmpty()) {
            return;
        }
        line("");
        line("| scenario | A p50 µs | B p50 µs | A p99 µs | B p99 µs | B/A p99 (min-max) |");
        line("|---|---|---|---|---|---|");
        timed.forEach(c -> line(format(
                "| %s | %.0f | %.0f | %.0f | %.0f | %s |",
                c.scenario(),
                c.a(run -> run.load().latency().p50()).median(),
                c.b(run -> run.load().latency().p50()).median(),
                c.a(run -> run.load().latency().p99()).median(),
                c.b(run -> run.load().latency().p99()).median(),
                c.p99().ratio())));
    }

    static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
