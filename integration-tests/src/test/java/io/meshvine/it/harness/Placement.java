package io.meshvine.it.harness;

/** Where the two sides of a test are: a mesh has to behave alike in both cases. */
public enum Placement {
    SAME_NODE(0, 0),
    DIFFERENT_NODES(0, 2);

    private final int publisherNode;
    private final int subscriberNode;

    Placement(int publisherNode, int subscriberNode) {
        this.publisherNode = publisherNode;
        this.subscriberNode = subscriberNode;
    }

    public int publisherNode() {
        return publisherNode;
    }

    public int subscriberNode() {
        return subscriberNode;
    }

    boolean isPossibleWith(Broker broker) {
        return Math.max(publisherNode, subscriberNode) < broker.nodes();
    }
}
