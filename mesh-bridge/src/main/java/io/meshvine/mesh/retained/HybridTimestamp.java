package io.meshvine.mesh.retained;

import io.meshvine.mesh.NodeId;

/**
 * A stamp of a hybrid logical clock with its node as tie-breaker: a total order over all writes of the mesh that
 * follows causality and stays close to wall time (Kulkarni et al., "Logical Physical Clocks", 2014).
 *
 * @param wallMillis wall-clock part, milliseconds since 1970
 * @param counter orders writes within one {@code wallMillis}
 * @param node the writer
 */
public record HybridTimestamp(long wallMillis, int counter, NodeId node) implements Comparable<HybridTimestamp> {

    @Override
    public int compareTo(HybridTimestamp other) {
        if (wallMillis != other.wallMillis) {
            return Long.compare(wallMillis, other.wallMillis);
        }
        if (counter != other.counter) {
            return Integer.compareUnsigned(counter, other.counter);
        }
        return node.compareTo(other.node);
    }
}
