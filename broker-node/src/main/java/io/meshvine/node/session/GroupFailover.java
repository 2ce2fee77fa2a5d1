package io.meshvine.node.session;

import io.meshvine.mesh.GroupKey;
import java.util.List;

/**
 * Port: finds another member of a shared subscription, here or at another node, for deliveries that their chosen client
 * does not take (MQTT 5, 4.8.2). Any thread; must not block.
 */
public interface GroupFailover {

    /**
     * Whether another member could take over. Asked with the session locked: must look only, and call no session but for
     * what any thread may ask at any time.
     *
     * @param group the shared subscription of that delivery
     * @param evenAway whether one that is not connected will do: the session is over
     */
    boolean hasOtherMember(ClientSession unable, GroupKey group, Message message, boolean evenAway);

    /**
     * Delivers to other members; what none of them takes, the session itself gets back unless it is over. The caller
     * keeps its references of the messages.
     *
     * @param deliveries of shared subscriptions
     * @param batch where that is kept together with the end of the first deliveries, which is in it; the caller commits
     *     what is left of it
     */
    void redeliver(ClientSession unable, List<Delivery> deliveries, JournalBatch batch);

    /** Deliveries of that group wait for a client that is not connected, as no other member is: one may come. */
    void parked(ClientSession session, GroupKey group);

    /** A client is connected, or is no longer. */
    void onPresence(ClientSession session);
}
