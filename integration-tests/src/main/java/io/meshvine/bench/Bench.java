package io.meshvine.bench;

import io.meshvine.bench.Run.NodeUsage;
import io.meshvine.bench.Scenario.Settings;
import io.meshvine.bench.broker.Broker;
import io.meshvine.bench.broker.BrokerNode;
import io.meshvine.bench.broker.BrokerSpec;
import io.meshvine.bench.broker.ProcessUsage;
import io.meshvine.bench.load.LoadLoop;
import io.meshvine.bench.load.LoadPlan;
import io.meshvine.bench.load.LoadResult;
import io.meshvine.bench.load.LoadRun;
import java.util.ArrayList;
import java.util.List;

/** Runs scenarios against running brokers and samples their processes. Used by one thread. */
final class Bench implements AutoCloseable {
    private final LoadLoop load = new LoadLoop();
    private int runs;

    LoadLoop load() {
        return load;
    }

    /** One run: connects anew, on topics of its own. */
    Run run(Scenario scenario, Settings settings, BrokerSpec spec, Broker broker) throws InterruptedException {
        List<BrokerNode> nodes = broker.nodes();
        nodes.stream().filter(BrokerNode::tls).forEach(node -> load.secure(node.mqtt()));
        String runName = "r" + Long.toString(ProcessHandle.current().pid(), 36) + "x" + ++runs;
        LoadPlan plan = scenario.plan(
                runName,
                settings,
                nodes.get(spec.from()).mqtt(),
                nodes.get(spec.to()).mqtt());
        WindowSampler sampler = new WindowSampler(nodes);
        LoadResult result = new LoadRun(load, plan).execute(sampler);
        return sampler.run(broker.name(), scenario.label(), result);
    }

    @Override
    public void close() {
        load.close();
    }

    /** Usage of the processes at both ends of the measured window. */
    static final class WindowSampler implements LoadRun.Observer {
        private final List<BrokerNode> nodes;
        private final List<ProcessUsage> before = new ArrayList<>();
        private final List<ProcessUsage> after = new ArrayList<>();
        private long openedNanos;
        private long closedNanos;
        private double otherSeconds;

        WindowSampler(List<BrokerNode> nodes) {
            this.nodes = nodes;
        }

        @Override
        public void windowOpened() {
            nodes.forEach(node -> before.add(ProcessUsage.of(node.pid())));
            openedNanos = System.nanoTime();
            otherSeconds = -otherCpuSeconds(before);
        }

        @Override
        public void windowClosed() {
            nodes.forEach(node -> after.add(ProcessUsage.of(node.pid())));
            closedNanos = System.nanoTime();
            otherSeconds += otherCpuSeconds(after);
        }

        private static double otherCpuSeconds(List<ProcessUsage> brokers) {
            double own = ProcessUsage.of(ProcessHandle.current().pid()).cpuSeconds();
            return ProcessUsage.machineCpuSeconds()
                    - own
                    - brokers.stream().mapToDouble(ProcessUsage::cpuSeconds).sum();
        }

        double seconds() {
            return (closedNanos - openedNanos) / 1e9;
        }

        List<NodeUsage> usage() {
            List<NodeUsage> usage = new ArrayList<>();
            for (int i = 0; i < nodes.size(); i++) {
                double cpu = after.get(i).cpuSeconds() - before.get(i).cpuSeconds();
                usage.add(new NodeUsage(
                        nodes.get(i).name(),
                        cpu / seconds(),
                        after.get(i).residentBytes(),
                        after.get(i).peakResidentBytes()));
            }
            return usage;
        }

        Run run(String broker, String scenario, LoadResult result) {
            List<NodeUsage> usage = usage();
            double cores = usage.stream().mapToDouble(NodeUsage::cores).sum();
            double perMillion = result.delivered() == 0 ? 0 : cores * seconds() * 1e6 / result.delivered();
            return new Run(broker, scenario, result, usage, cores, perMillion, otherSeconds / seconds());
        }
    }
}
