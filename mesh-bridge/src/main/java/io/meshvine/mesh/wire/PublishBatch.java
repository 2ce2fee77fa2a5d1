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
 * @param previous the unconfirmed publish before the first sequenced entry, however far back its number is;
 *     {@link Position#NONE} if there is none
 * @param first sequence number of the first sequenced entry
 * @param arrivals the publishes, in order
 * @param sequenced which of them have sequence numbers
 */
public record PublishBatch(
        Position accepted,
        long consumed,
        long epoch,
        Position previous,
        long first,
        List<Arrival> arrivals,
        BitSet sequenced) {}
