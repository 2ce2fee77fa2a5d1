package io.meshvine.node.front;

import java.util.function.Predicate;

/** Permissions that a test decides; everything may be read. */
record TestPermissions(Predicate<String> publish, Predicate<String> subscribe) implements Permissions {

    static Authorizer of(Predicate<String> publish, Predicate<String> subscribe) {
        return client -> new TestPermissions(publish, subscribe);
    }

    @Override
    public boolean mayPublish(String topic) {
        return publish.test(topic);
    }

    @Override
    public boolean maySubscribe(String filter) {
        return subscribe.test(filter);
    }

    @Override
    public boolean mayRead(String topic) {
        return true;
    }
}
