package io.meshvine.mesh;

import java.util.ArrayList;
import java.util.List;

/** Port: the node's own broker as the mesh sees it. Called on the bridge loop; must not block. */
public interface LocalBroker {

    /**
     * Delivers publishes of a peer to local sessions, in order. Retained state was applied before. What comes in here
     * is never forwarded to a peer again (the one-hop rule).
     *
     * @param unit takes what durable sessions need to keep of the batch; to be filled before {@code accepted} runs. The
     *     bridge hands it to the store, together with how far the origin got, and confirms to the origin once it is
     *     durable; a unit that stays empty costs nothing
     * @param accepted to be run, on any thread, once every publish of QoS 1 or 2 was handed to each matching session or,
     *     where the session is durable, is in the unit
     */
    void deliver(NodeId origin, List<Arrival> batch, WriteUnit unit, Runnable accepted);

    /**
     * Whether so much of what was delivered waits for a connected client that what comes next may be dropped: the bridge
     * then waits, for some time, before it delivers more.
     */
    default boolean isCrowded() {
        return false;
    }

    /** The bridge waits no longer for those that {@link #isCrowded} was about, until they have caught up. */
    default void giveUpWaiting() {}

    /**
     * A publish as it arrived.
     *
     * @param subscribers whether it is for ordinary subscribers
     * @param groups shared subscriptions of which one local member gets it
     * @param ticket if not 0, the origin waits to be told, by {@link io.meshvine.mesh.group.GroupLedger#done}, that
     *     those members are done with it
     * @param further publishes behind it that differ from it in their bodies only, for ordinary subscribers only. At
     *     QoS 0 none of them has properties, and these are payloads; else they are bodies
     */
    record Arrival(MeshPublish publish, boolean subscribers, List<GroupKey> groups, long ticket, Slices further) {

        /** An arrival of one publish. */
        public Arrival(MeshPublish publish, boolean subscribers, List<GroupKey> groups, long ticket) {
            this(publish, subscribers, groups, ticket, Slices.NONE);
        }

        /** An arrival of which nobody waits to hear more. */
        public Arrival(MeshPublish publish, boolean subscribers, List<GroupKey> groups) {
            this(publish, subscribers, groups, 0);
        }

        /** How many publishes arrived. */
        public int count() {
            return 1 + further.count();
        }

        /** All that arrived, one by one. */
        public List<Arrival> each() {
            if (further.isEmpty()) {
                return List.of(this);
            }
            List<Arrival> all = new ArrayList<>(count());
            all.add(new Arrival(publish, subscribers, groups, ticket));
            int propertiesLength = publish.qos() == 0 ? 1 : 0;
            for (int i = 0; i < further.count(); i++) {
                byte[] body = new byte[propertiesLength + further.length(i)];
                System.arraycopy(further.array(), further.start(i), body, propertiesLength, further.length(i));
                all.add(new Arrival(publish.withBody(body), subscribers, groups, ticket));
            }
            return all;
        }
    }
}
