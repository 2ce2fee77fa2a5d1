package io.meshvine.mesh.sim;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.LocalBroker;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.WriteUnit;
import java.util.ArrayList;
import java.util.List;

/** The broker of one life of a node: keeps its subscriptions, and enters in the books what the mesh delivers. */
final class SimBroker implements LocalBroker {
    private final SimMesh mesh;
    private final SimNode.Life life;
    final List<Subscription> subscriptions = new ArrayList<>();

    SimBroker(SimMesh mesh, SimNode.Life life) {
        this.mesh = mesh;
        this.life = life;
    }

    @Override
    public void deliver(NodeId origin, List<Arrival> batch, WriteUnit unit, Runnable accepted) {
        List<Sending> taken = new ArrayList<>();
        for (Arrival arrival : batch) {
            taken.add(mesh.books().onArrival(life, origin, arrival));
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
