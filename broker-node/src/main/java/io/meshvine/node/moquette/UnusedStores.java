package io.meshvine.node.moquette;

import io.moquette.broker.IQueueRepository;
import io.moquette.broker.IRetainedRepository;
import io.moquette.broker.ISessionsRepository;
import io.moquette.broker.ISubscriptionsRepository;
import io.moquette.broker.MoquetteSeam;
import io.moquette.broker.RetainedMessage;
import io.moquette.broker.SessionMessageQueue;
import io.moquette.broker.SessionRegistry.EnqueuedMessage;
import io.moquette.broker.subscriptions.ISubscriptionsDirectory;
import io.moquette.broker.subscriptions.ShareName;
import io.moquette.broker.subscriptions.Subscription;
import io.moquette.broker.subscriptions.SubscriptionIdentifier;
import io.moquette.broker.subscriptions.Topic;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttSubscriptionOption;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Moquette's stores, always empty: sessions, queues, subscriptions and retained messages live outside of it. What would
 * write to one is a fault, because the front handles the packets that lead there, and is refused.
 */
final class UnusedStores {

    private UnusedStores() {}

    static MoquetteSeam.Stores create() {
        Queue queue = new Queue();
        return new MoquetteSeam.Stores(new Directory(), new Sessions(), new Queues(queue), queue, new Retained());
    }

    private static IllegalStateException unused() {
        return new IllegalStateException("the front was to handle this packet");
    }

    private static final class Queue implements SessionMessageQueue<EnqueuedMessage> {
        @Override
        public void enqueue(EnqueuedMessage message) {
            throw unused();
        }

        @Override
        public @Nullable EnqueuedMessage dequeue() {
            return null;
        }

        @Override
        public boolean isEmpty() {
            return true;
        }

        @Override
        public void closeAndPurge() {}
    }

    private record Queues(Queue queue) implements IQueueRepository {
        @Override
        public Set<String> listQueueNames() {
            return Set.of();
        }

        @Override
        public boolean containsQueue(String clientId) {
            return false;
        }

        @Override
        public SessionMessageQueue<EnqueuedMessage> getOrCreateQueue(String clientId) {
            return queue;
        }

        @Override
        public void close() {}
    }

    private static final class Sessions implements ISessionsRepository {
        @Override
        public Collection<SessionData> list() {
            return List.of();
        }

        @Override
        public void saveSession(SessionData session) {
            throw unused();
        }

        @Override
        public void delete(SessionData session) {}

        @Override
        public void listSessionsWill(BiConsumer<String, Will> visitor) {}

        @Override
        public void saveWill(String clientId, Will will) {
            throw unused();
        }

        @Override
        public void deleteWill(String clientId) {}
    }

    private static final class Retained implements IRetainedRepository {
        @Override
        public void cleanRetained(Topic topic) {}

        @Override
        public void retain(Topic topic, MqttPublishMessage message) {
            throw unused();
        }

        @Override
        public void retain(Topic topic, MqttPublishMessage message, Instant expiry) {
            throw unused();
        }

        @Override
        public boolean isEmpty() {
            return true;
        }

        @Override
        public Collection<RetainedMessage> retainedOnTopic(String topic) {
            return List.of();
        }

        @Override
        public Collection<RetainedMessage> listExpirable() {
            return List.of();
        }
    }

    private static final class Directory implements ISubscriptionsDirectory {
        @Override
        public void init(ISubscriptionsRepository repository) {}

        @Override
        public List<Subscription> matchWithoutQosSharpening(Topic topic) {
            return List.of();
        }

        @Override
        public List<Subscription> matchQosSharpening(Topic topic) {
            return List.of();
        }

        @Override
        public boolean add(String clientId, Topic filter, MqttSubscriptionOption option) {
            throw unused();
        }

        @Override
        public boolean add(
                String clientId, Topic filter, MqttSubscriptionOption option, SubscriptionIdentifier identifier) {
            throw unused();
        }

        @Override
        public void addShared(String clientId, ShareName name, Topic filter, MqttSubscriptionOption option) {
            throw unused();
        }

        @Override
        public void addShared(
                String clientId,
                ShareName name,
                Topic filter,
                MqttSubscriptionOption option,
                SubscriptionIdentifier identifier) {
            throw unused();
        }

        @Override
        public void removeSubscription(Topic topic, String clientId) {}

        @Override
        public void removeSharedSubscription(ShareName name, Topic filter, String clientId) {}

        @Override
        public int size() {
            return 0;
        }

        @Override
        public String dumpTree() {
            return "";
        }

        @Override
        public void removeSharedSubscriptionsForClient(String clientId) {}
    }
}
