package io.meshvine.bench.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class ProcessUsageTest {
    @Test
    void processorTimeGrowsWithWork() {
        long pid = ProcessHandle.current().pid();
        ProcessUsage before = ProcessUsage.of(pid);
        double machineBefore = ProcessUsage.machineCpuSeconds();
        AtomicLong work = new AtomicLong();

        await().until(() -> {
            for (int i = 0; i < 1_000_000; i++) {
                work.addAndGet(i);
            }
            return ProcessUsage.of(pid).cpuSeconds() > before.cpuSeconds() + 0.05;
        });

        assertThat(ProcessUsage.machineCpuSeconds()).isGreaterThan(machineBefore);
        assertThat(before.residentBytes()).isPositive().isLessThanOrEqualTo(before.peakResidentBytes());
    }
}
