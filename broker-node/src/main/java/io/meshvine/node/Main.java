package io.meshvine.node;

import io.meshvine.node.config.ConfigLoader;
import java.io.IOException;
import java.nio.charset.Charset;
import java.util.concurrent.CountDownLatch;

/** Where the process begins. */
public final class Main {

    private Main() {}

    /** Runs a node configured by the environment until a signal ends it. */
    public static void main(String[] args) throws IOException, InterruptedException {
        Node node = Node.start(ConfigLoader.load(null, System.getenv()));
        Runtime.getRuntime().addShutdownHook(new Thread(node::close));
        java.io.PrintStream out = new java.io.PrintStream(System.out, true, Charset.defaultCharset());
        StringBuilder line = new StringBuilder("ready name=").append(node.name());
        node.addresses()
                .forEach((kind, address) ->
                        line.append(' ').append(kind).append('=').append(address));
        out.println(line);
        new CountDownLatch(1).await();
    }
}
