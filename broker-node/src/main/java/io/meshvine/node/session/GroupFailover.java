package io.meshvine.node.session;

import io.meshvine.mesh.GroupKey;

/**
 * Port: finds another member of a shared subscription for a delivery that its chosen client did not take (MQTT 5,
 * 4.8.2). Any thread; must not block.
 */
public interface GroupFailover {

    /** Shared deliveries stay with the client that was chosen first. */
    GroupFailover NONE = new GroupFailover() {
        @Override
        public boolean hasOtherMember(ClientSession unable, GroupKey group) {
            return false;
        }

        @Override
        public void redeliver(ClientSession unable, Delivery delivery, JournalBatch batch) {
            throw new IllegalStateException("no other member was offered");
        }
    };

    /**
     * Whether a member that is connected now, other than this client, could take over. Asked with the session locked:
     * must look only, and call no session but for {@link ClientSession#isConnected()}.
     */
    boolean hasOtherMember(ClientSession unable, GroupKey group);

    /**
     * Delivers to another member. The caller keeps its reference of the message.
     *
     * @param batch where that is kept together with the end of the first delivery; the caller commits it
     */
    void redeliver(ClientSession unable, Delivery delivery, JournalBatch batch);
}
