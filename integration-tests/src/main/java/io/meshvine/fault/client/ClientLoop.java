package io.meshvine.fault.client;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The one thread of all clients and of the ledger, and the ledger's clock. */
public final class ClientLoop implements AutoCloseable {
    private static final long ANSWER_SECONDS = 120;

    private final EventLoopGroup group = new NioEventLoopGroup(1, new DefaultThreadFactory("clients", true));
    private final EventLoop loop = group.next();
    private final long startedNanos = System.nanoTime();

    EventLoop loop() {
        return loop;
    }

    /** Milliseconds since the start, from 1 on. Any thread. */
    public int nowMillis() {
        return 1 + (int) TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startedNanos);
    }

    /** Runs on the loop after a while, unless the loop is closed before. */
    @SuppressWarnings("FutureReturnValueIgnored") // what is scheduled does not throw and is never cancelled
    void later(long delayNanos, Runnable action) {
        loop.schedule(action, delayNanos, TimeUnit.NANOSECONDS);
    }

    /** Runs on the loop and waits for the result; called from outside the loop. */
    public <T> T call(Callable<T> action) {
        try {
            return loop.submit(action).get(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("client loop", e);
        }
    }

    /** As {@link #call}, without a result. */
    public void run(Runnable action) {
        call(() -> {
            action.run();
            return true;
        });
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
