package io.meshvine.node.routing;

import io.meshvine.mesh.HandOn;
import io.meshvine.mesh.Interest;
import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.MeshTarget;
import io.meshvine.mesh.WriteUnit;
import io.meshvine.mesh.wire.Run;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The mesh as the router sees it: what {@code MeshBridge} offers to local traffic. Called from any thread. */
public interface MeshGate {

    /**
     * Forwards a publish.
     *
     * @param targets peers with a matching subscription; a retained publish reaches all other peers as state as well
     * @param unit what is to be kept together with the publish, not written yet; whoever is called writes it, and
     *     nothing leaves before it is durable. Null if nothing is
     * @param settled run on any thread once each target of QoS 1 or 2 has confirmed or its copy is safe in the outbox
     */
    void publish(MeshPublish publish, List<MeshTarget> targets, @Nullable WriteUnit unit, Runnable settled);

    /**
     * Hands on what no member of a shared subscription here can take.
     *
     * @param unit what is to be kept together with all of it, as in {@link #publish}
     */
    void handOn(List<HandOn> all, @Nullable WriteUnit unit);

    /** Forwards publishes to one peer; the run is not to be changed any more. */
    void publish(Run run);

    /** Tells the peers what is wanted here; confirmed runs once the connected ones know, bounded in time. */
    void subscribe(List<Interest> added, Runnable confirmed);

    /** Tells the peers what is no longer wanted here. */
    void unsubscribe(List<Interest> removed);
}
