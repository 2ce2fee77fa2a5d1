package io.meshvine.mesh.wire;

import io.meshvine.mesh.LocalBroker.Arrival;
import java.util.BitSet;
import java.util.List;

/**
 * A decoded frame of publishes.
 *
 * @param accepted acknowledges the receiver's publishes
 * @param consumed the receiver's bytes that were consumed
 * @param epoch life of the sender that gave the sequence numbers
 * @param base what is below needs no confirmation any more
 * @param first sequence number of the first sequenced entry
 * @param arrivals the publishes, in order
 * @param sequenced which of them have sequence numbers
 */
public record PublishBatch(
        long accepted, long consumed, long epoch, long base, long first, List<Arrival> arrivals, BitSet sequenced) {}
