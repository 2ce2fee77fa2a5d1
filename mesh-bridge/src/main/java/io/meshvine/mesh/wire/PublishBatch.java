package io.meshvine.mesh.wire;

import io.meshvine.mesh.LocalBroker.Arrival;
import java.util.ArrayList;
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
        BitSet sequenced) {

    /** The same in batches, each of the arrivals that bring it to so many publishes, in order. */
    public List<PublishBatch> slices(int publishes) {
        List<PublishBatch> slices = new ArrayList<>();
        Position before = previous;
        long next = first;
        int from = 0;
        while (from < arrivals.size() || slices.isEmpty()) {
            int to = end(from, publishes);
            if (to - from == arrivals.size()) {
                return List.of(this);
            }
            BitSet own = sequenced.get(from, to);
            slices.add(new PublishBatch(accepted, consumed, epoch, before, next, arrivals.subList(from, to), own));
            int numbered = own.cardinality();
            next += numbered;
            before = numbered == 0 ? before : new Position(epoch, next - 1);
            from = to;
        }
        return slices;
    }

    private int end(int from, int publishes) {
        int count = 0;
        int end = from;
        while (end < arrivals.size() && count < publishes) {
            count += arrivals.get(end++).count();
        }
        return end;
    }
}
