package io.meshvine.node.front;

/** A CONNECT that is not accepted. Carries no stack trace: it is an answer to a client, not a fault of the node. */
final class ConnectRefused extends Exception {

    private static final long serialVersionUID = 1L;

    private final Refusal refusal;

    ConnectRefused(Refusal refusal, String why) {
        super(why, null, false, false);
        this.refusal = refusal;
    }

    Refusal refusal() {
        return refusal;
    }
}
