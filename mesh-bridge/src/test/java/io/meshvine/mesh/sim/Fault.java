package io.meshvine.mesh.sim;

/** What can go wrong. A seed draws which of these may happen in its run. */
enum Fault {
    /** A node ends without a word, and starts again later. */
    CRASH("crash of one node"),
    /** All nodes end at once, and start one after the other. */
    POWER_CUT("crash of all nodes at once"),
    /** All but one are away; that one is started anew meanwhile, and asks nobody. */
    RESTART_ALONE("restart while the others are away"),
    /** A node leaves with a goodbye, and starts again later. */
    LEAVE("orderly restart"),
    /** The mesh falls apart into two. */
    SPLIT("split in two, both ways"),
    /** What one node sends to another does not arrive, while the other way is open. */
    ONE_WAY_CUT("one-way cut"),
    /** A node takes another one for gone while frames go on flowing. */
    SUSPICION("false suspicion"),
    /** Everything to and from a node takes long. */
    SLOW_NODE("slow node"),
    /** A node's disk takes nothing for a while. */
    FULL_DISK("full disk"),
    /** A node starts on an old copy of its disk: a restored backup, a cloned machine. */
    OLD_DISK("start on an old copy of the disk"),
    /** A node starts on an empty disk. */
    EMPTY_DISK("start on an empty disk"),
    /** A copy of a node's disk starts on another machine while the node is there. */
    COPY("copy of a node that is there"),
    /** A node's clock is set while it is down. */
    CLOCK_STEP("clock set by up to 20 s"),
    /** Units handed to the disk before a crash that are not on it. Follows from crashes. */
    TORN_WRITE("crash that cut off writes"),
    /** Frames in flight are lost. Follows from changes of the view. */
    LOST_FRAME("lost frame"),
    /** Frames in flight come twice. Follows from changes of the view. */
    REPEATED_FRAME("repeated frame"),
    /** Frames in flight come late, behind later ones. Follows from changes of the view. */
    REORDERED_FRAME("reordered frame");

    private final String label;

    Fault(String label) {
        this.label = label;
    }

    /** What it is, for people. */
    String label() {
        return label;
    }

    /** Whether it strikes what is between two nodes, and nothing else of them. */
    boolean isBetweenTwo() {
        return switch (this) {
            case SPLIT, ONE_WAY_CUT, SUSPICION, LOST_FRAME, REPEATED_FRAME, REORDERED_FRAME -> true;
            default -> false;
        };
    }

    /** Whether a plan may draw it; the others follow from these. */
    boolean isDrawn() {
        return switch (this) {
            case COPY, TORN_WRITE, LOST_FRAME, REPEATED_FRAME, REORDERED_FRAME -> false;
            default -> true;
        };
    }
}
