package io.meshvine.mesh.sim;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.LocalBroker;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.WriteUnit;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The broker of one life of a node: keeps its subscriptions, and enters in the books what the mesh delivers. Its durable
 * sessions are what its store has: subscriptions, and what came for them.
 */
final class SimBroker implements LocalBroker {
    private static final byte[] THERE = {1};
    private static final int QUEUE_KEY_BYTES = Integer.BYTES + Long.BYTES;

    private static final int ONE_BATCH_IN = 4;
    private static final long MOST_CROWDED_NANOS = 1_500_000_000L;

    private final SimMesh mesh;
    private final SimNode.Life life;
    private final RecordStore store;
    final List<Subscription> subscriptions = new ArrayList<>();

    /** Who takes what comes, if not this broker. */
    @Nullable
    LocalBroker instead;

    /** What the durable sessions got, by subscription and publish. */
    private final Set<Got> got = new HashSet<>();

    private final Map<Order, Long> last = new HashMap<>();

    /** Of its own, so that runs without slow clients are as they were. */
    private final SplittableRandom crowding;

    private long crowdedUntilNanos = Long.MIN_VALUE;

    /** A publish in a durable session's queue. */
    private record Got(int subscription, long sending) {}

    /** What has an order of its own in a durable session. */
    private record Order(int subscription, SimNode origin, int publisher, String topic, int qos) {}

    SimBroker(SimMesh mesh, SimNode.Life life, RecordStore store) {
        this.mesh = mesh;
        this.life = life;
        this.store = store;
        this.crowding = new SplittableRandom(life.node.id.high() ^ life.epoch);
        store.scan(Family.SESSIONS, new byte[0], null, (key, value) -> {
            if (key.length == Integer.BYTES) {
                subscriptions.add(mesh.subscription(ByteBuffer.wrap(key).getInt()));
            }
            return true;
        });
        store.scan(Family.QUEUES, new byte[0], null, (key, value) -> {
            ByteBuffer bytes = ByteBuffer.wrap(key);
            if (key.length != QUEUE_KEY_BYTES) {
                return true; // of whoever takes its place
            }
            Got found = new Got(bytes.getInt(), bytes.getLong());
            got.add(found);
            Sending sending = mesh.books().sendings().get((int) found.sending);
            last.merge(order(found.subscription, sending), found.sending, Math::max);
            return true;
        });
    }

    static byte[] sessionKey(Subscription subscription) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(subscription.number).array();
    }

    static byte[] queueKey(Subscription subscription, Sending sending) {
        return ByteBuffer.allocate(QUEUE_KEY_BYTES)
                .putInt(subscription.number)
                .putLong(sending.id)
                .array();
    }

    /** Keeps a durable subscription; runs the task once it is. */
    void keep(Subscription subscription, Runnable kept) {
        store.write(new WriteUnit()
                .put(Family.SESSIONS, sessionKey(subscription), THERE)
                .whenDurable(kept));
    }

    void forget(Subscription subscription) {
        store.write(new WriteUnit().delete(Family.SESSIONS, sessionKey(subscription)));
    }

    @Override
    public void deliver(NodeId origin, List<Arrival> batch, WriteUnit unit, Runnable accepted) {
        if (instead != null) {
            instead.deliver(origin, batch, unit, accepted);
            return;
        }
        List<Sending> taken = new ArrayList<>();
        for (Arrival together : batch) {
            for (Arrival arrival : together.each()) {
                Sending sending = mesh.books().onArrival(life, origin, arrival);
                taken.add(sending);
                queue(arrival, sending, unit);
            }
        }
        if (mesh.hasSlowClients() && crowding.nextInt(ONE_BATCH_IN) == 0) {
            crowdedUntilNanos = mesh.scheduler().nowNanos() + crowding.nextLong(MOST_CROWDED_NANOS);
        }
        long delay = mesh.acceptDelayNanos();
        Runnable accept = () -> {
            if (life.isUp()) {
                taken.forEach(sending -> mesh.books().onAccepted(life, sending));
                accepted.run();
            }
        };
        if (delay == 0) {
            accept.run();
        } else {
            mesh.scheduler().after(delay, accept);
        }
    }

    @Override
    public boolean isCrowded() {
        return mesh.scheduler().nowNanos() < crowdedUntilNanos;
    }

    @Override
    public void giveUpWaiting() {
        crowdedUntilNanos = Long.MIN_VALUE;
    }

    private void queue(Arrival arrival, Sending sending, WriteUnit unit) {
        if (arrival.publish().qos() == 0) {
            return;
        }
        if (arrival.subscribers()) {
            for (Subscription subscription : subscriptions) {
                if (subscription.isDurable()
                        && !subscription.interest.isShared()
                        && subscription.matches(arrival.publish().topic())) {
                    queue(subscription, sending, unit);
                }
            }
        }
        for (GroupKey group : arrival.groups()) {
            subscriptions.stream()
                    .filter(subscription -> subscription.isDurable() && subscription.isOf(group))
                    .findFirst()
                    .ifPresent(member -> queue(member, sending, unit));
        }
    }

    private void queue(Subscription subscription, Sending sending, WriteUnit unit) {
        unit.put(Family.QUEUES, queueKey(subscription, sending), THERE);
        if (!got.add(new Got(subscription.number, sending.id)) && !mesh.lostDisk(life.node)) {
            mesh.books()
                    .report(sending, "came twice to the durable session of " + subscription.interest + " at " + life);
        }
        Order order = order(subscription.number, sending);
        Long before = last.merge(order, sending.id, Math::max);
        if (before > sending.id && !mesh.lostDisk(life.node) && !mesh.lostDisk(sending.origin.node)) {
            mesh.books()
                    .report(
                            sending,
                            "came to the durable session of " + subscription.interest + " at " + life
                                    + " behind its successor\n"
                                    + mesh.books()
                                            .sendings()
                                            .get(before.intValue())
                                            .story());
        }
    }

    private static Order order(int subscription, Sending sending) {
        return new Order(
                subscription, sending.origin.node, sending.publisher, sending.publish.topic(), sending.publish.qos());
    }

    /** The highest QoS at which an ordinary subscription wants a topic; -1 if none does. */
    int wantedQos(String topic) {
        return subscriptions.stream()
                .filter(subscription -> !subscription.interest.isShared() && subscription.matches(topic))
                .mapToInt(subscription -> subscription.interest.qos())
                .max()
                .orElse(-1);
    }

    boolean hasMember(GroupKey group) {
        return subscriptions.stream().anyMatch(subscription -> subscription.isOf(group));
    }
}
