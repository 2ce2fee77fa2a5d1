package io.meshvine.node.front;

/** Counts PUBLISH packets of one direction of a connection, for counters that are told once a burst. On its loop. */
final class PublishTally {

    private static final int QOS_LEVELS = 3;

    private final int[] byQos = new int[QOS_LEVELS];
    private boolean any;

    /** Where a tally goes. */
    @FunctionalInterface
    interface Counter {
        void add(int qos, int count);
    }

    void add(int qos) {
        add(qos, 1);
    }

    void add(int qos, int count) {
        byQos[qos] += count;
        any = true;
    }

    /** Tells what was counted since the last time. */
    void tell(Counter counter) {
        if (!any) {
            return;
        }
        any = false;
        for (int qos = 0; qos < QOS_LEVELS; qos++) {
            if (byQos[qos] > 0) {
                counter.add(qos, byQos[qos]);
                byQos[qos] = 0;
            }
        }
    }
}
