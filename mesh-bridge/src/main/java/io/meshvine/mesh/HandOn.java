package io.meshvine.mesh;

/**
 * A publish that the members of a shared subscription here cannot take, on its way to one of another node.
 *
 * @param target the members' node, which gets it for that group only
 * @param settled run once, on any thread, when this node need not keep it any longer: the other one has it, or a copy is
 *     safe in the outbox. Not at all if this node stops before
 */
public record HandOn(MeshPublish publish, MeshTarget target, Runnable settled) {

    public HandOn {
        if (target.subscribers() || target.groups().isEmpty()) {
            throw new IllegalArgumentException("for members of shared subscriptions only: " + target);
        }
    }
}
