package io.meshvine.bench.broker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Processor time and memory of processes, as Linux tells them in {@code /proc}. Resolution of the time: one clock tick, 10 ms.
 *
 * @param cpuSeconds user and system time since the process started
 * @param residentBytes memory in RAM now, shared pages included
 * @param peakResidentBytes the most it ever was
 */
public record ProcessUsage(double cpuSeconds, long residentBytes, long peakResidentBytes) {
    private static final double TICKS_PER_SECOND = 100;
    private static final int USER_TICKS = 11;
    private static final int SYSTEM_TICKS = 12;
    private static final int IDLE_TICKS = 3;
    private static final int IO_WAIT_TICKS = 4;
    private static final int GUEST_TICKS = 8;

    /** Usage of one process. */
    public static ProcessUsage of(long pid) {
        String stat = read(Path.of("/proc", Long.toString(pid), "stat"));
        // The name in parentheses may contain blanks: fields are counted behind it. proc(5).
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        double ticks = Double.parseDouble(fields[USER_TICKS]) + Double.parseDouble(fields[SYSTEM_TICKS]);
        String status = read(Path.of("/proc", Long.toString(pid), "status"));
        return new ProcessUsage(ticks / TICKS_PER_SECOND, kilobytes(status, "VmRSS:"), kilobytes(status, "VmHWM:"));
    }

    /** Processor seconds that all processes of the machine have used since it started. */
    public static double machineCpuSeconds() {
        String line = read(Path.of("/proc/stat")).lines().findFirst().orElseThrow();
        List<String> fields = List.of(line.substring("cpu".length()).trim().split(" +", -1));
        double ticks = 0;
        for (int i = 0; i < Math.min(GUEST_TICKS, fields.size()); i++) {
            if (i != IDLE_TICKS && i != IO_WAIT_TICKS) {
                ticks += Double.parseDouble(fields.get(i));
            }
        }
        return ticks / TICKS_PER_SECOND;
    }

    private static long kilobytes(String status, String key) {
        return status.lines()
                .filter(line -> line.startsWith(key))
                .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElse(0);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": did the process end?", e);
        }
    }
}
