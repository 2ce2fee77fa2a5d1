package io.meshvine.bench.load;

import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * What one run sends where.
 *
 * @param groups number of independent groups; a group has its own topic space
 * @param publishersPerGroup each publishes on a topic of its own below the group's topic
 * @param subscribersPerGroup each subscribes to all topics of its group
 * @param durable whether the sessions of subscribers outlive their connections
 * @param ratePerSecond messages per second over all publishers, open loop; 0 = closed loop
 * @param window closed loop: messages that may be on their way to one subscriber at a time, over all publishers of its group
 * @param inFlight closed loop: QoS 1 and 2 messages that a publisher may have unacknowledged
 * @param publishAt broker address of the publishers
 * @param subscribeAt broker address of the subscribers
 */
public record LoadPlan(
        String runName,
        Protocol protocol,
        int groups,
        int publishersPerGroup,
        int subscribersPerGroup,
        int qos,
        boolean durable,
        int payloadBytes,
        int ratePerSecond,
        int window,
        int inFlight,
        Duration warmUp,
        Duration measure,
        InetSocketAddress publishAt,
        InetSocketAddress subscribeAt) {

    public LoadPlan {
        if (groups < 1 || publishersPerGroup < 1 || subscribersPerGroup < 1) {
            throw new IllegalArgumentException("a run needs at least one group, publisher and subscriber");
        }
        if (qos < 0 || qos > 2) {
            throw new IllegalArgumentException("QoS " + qos);
        }
        if (ratePerSecond == 0 && window < publishersPerGroup) {
            throw new IllegalArgumentException("window " + window + " leaves a publisher without any message");
        }
    }

    boolean isClosedLoop() {
        return ratePerSecond == 0;
    }

    int publishers() {
        return groups * publishersPerGroup;
    }

    String topic(int publisher) {
        return "bench/" + runName + "/" + publisher / publishersPerGroup + "/" + publisher;
    }

    String filter(int group) {
        return publishersPerGroup == 1 ? topic(group) : "bench/" + runName + "/" + group + "/+";
    }
}
