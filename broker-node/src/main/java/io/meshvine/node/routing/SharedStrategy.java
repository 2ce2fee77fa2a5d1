package io.meshvine.node.routing;

/** How the member of a shared subscription is chosen among those that are connected. */
public enum SharedStrategy {
    /** A member here if there is one, else one of the node whose members have the least to acknowledge. */
    LOCAL,
    /** Any node with members, each as likely as the others. */
    RANDOM,
    /** Always the same for one topic, as long as nobody comes or goes: so the topic keeps its order. */
    TOPIC
}
