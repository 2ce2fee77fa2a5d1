package io.meshvine.node;

import io.meshvine.node.cli.Meshvine;

/** Where the process begins. */
public final class Main {

    private Main() {}

    /** Runs the command line and exits with its code. */
    public static void main(String[] args) {
        System.exit(Meshvine.run(Node::start, System.getenv(), args));
    }
}
