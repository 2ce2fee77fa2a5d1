package io.meshvine.node.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.ExitCode;

/**
 * The time from the ready line to the end of the process. It ends by a signal or when standard input ends, and gives the
 * node {@link #LEAVE} to drain. After a signal the exit code is that of the drain, not the signal's.
 */
final class NodeLife {

    private static final Logger LOG = LoggerFactory.getLogger(NodeLife.class);

    /** Somewhat less than the 10 s that operators are promised. */
    private static final Duration LEAVE = Duration.ofMillis(9_500);

    private final RunningNode node;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);

    NodeLife(RunningNode node) {
        this.node = node;
    }

    /**
     * Says that the node is ready, waits for the end and closes the node.
     *
     * @param lifeline ends the node when it ends, or null
     * @return the exit code
     */
    int run(PrintWriter out, @Nullable InputStream lifeline) throws InterruptedException {
        Thread hook = new Thread(this::onSignal, "meshvine-shutdown");
        Runtime.getRuntime().addShutdownHook(hook);
        out.println(ReadyLine.of(node));
        out.flush();
        if (lifeline != null) {
            daemon("meshvine-lifeline", () -> drainUntilEnd(lifeline)).start();
        }
        stop.await();
        daemon("meshvine-leave", this::close).start();
        boolean clean = closed.await(LEAVE.toMillis(), TimeUnit.MILLISECONDS);
        if (!clean) {
            LOG.warn("did not drain within {} ms, leaving anyway", LEAVE.toMillis());
        }
        unhook(hook);
        return clean ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private void onSignal() {
        LOG.info("stopping");
        stop.countDown();
        boolean clean = false;
        try {
            clean = closed.await(LEAVE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(clean ? ExitCode.OK : ExitCode.SOFTWARE);
    }

    private void close() {
        try {
            node.close();
            LOG.info("stopped");
        } finally {
            closed.countDown();
        }
    }

    private void drainUntilEnd(InputStream lifeline) {
        try {
            lifeline.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            LOG.debug("standard input broke, which ends it too", e);
        }
        stop.countDown();
    }

    private static void unhook(Thread hook) throws InterruptedException {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            LOG.trace("the process is ending by a signal; its hook says how", e);
            hook.join();
        }
    }

    private static Thread daemon(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }
}
