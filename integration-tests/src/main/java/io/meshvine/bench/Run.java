package io.meshvine.bench;

import io.meshvine.bench.load.LoadResult;
import java.util.List;

/**
 * One measured run against one broker.
 *
 * @param cpuSecondsPerMillion processor seconds of all broker processes per million deliveries
 * @param otherCores processors that programs other than broker and client kept busy in the window; noise
 */
record Run(
        String broker,
        String scenario,
        LoadResult load,
        List<NodeUsage> nodes,
        double brokerCores,
        double cpuSecondsPerMillion,
        double otherCores) {

    /**
     * What one node used in the window.
     *
     * @param cores processors kept busy
     */
    record NodeUsage(String node, double cores, long residentBytes, long peakResidentBytes) {}

    long peakResidentBytes() {
        return nodes.stream().mapToLong(NodeUsage::peakResidentBytes).sum();
    }
}
