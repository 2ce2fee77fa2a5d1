package io.meshvine.node.front;

import io.meshvine.node.session.ReadPermit;

/** Port: what one client may do, by the rules in force at each call. Any thread; must not block. */
public interface Permissions extends ReadPermit {

    /** Whether the client may publish to a topic; wills included. */
    boolean mayPublish(String topic);

    /** Whether the client may subscribe to a filter; of a shared subscription the filter behind the share name. */
    boolean maySubscribe(String filter);

    /** Everything. */
    static Permissions all() {
        return All.INSTANCE;
    }

    /** Whoever may do everything. */
    enum All implements Permissions {
        INSTANCE;

        @Override
        public boolean mayPublish(String topic) {
            return true;
        }

        @Override
        public boolean maySubscribe(String filter) {
            return true;
        }

        @Override
        public boolean mayRead(String topic) {
            return true;
        }
    }
}
