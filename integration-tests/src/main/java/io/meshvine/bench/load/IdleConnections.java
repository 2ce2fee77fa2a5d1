package io.meshvine.bench.load;

import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** Many connections that do nothing but exist. Used by one thread. */
public final class IdleConnections implements AutoCloseable {
    private static final int AT_ONCE = 200;
    /** Source addresses are used up at a time below the number of ephemeral ports of a stock Linux. */
    private static final int PORTS_PER_SOURCE = 20_000;

    private static final long HANDSHAKE_SECONDS = 20;
    private static final long PING_SECONDS = 10;

    private final LoadLoop load;
    private final Protocol protocol;
    private final InetSocketAddress address;
    private final List<Connection> connections = new ArrayList<>();

    private static final class Connection extends MqttConnection {
        private final CompletableFuture<Void> alive = new CompletableFuture<>();

        Connection(Protocol protocol, String clientId) {
            super(protocol, clientId, LoadRun.KEEP_ALIVE_SECONDS);
        }

        @Override
        void onPingResponse() {
            alive.complete(null);
        }
    }

    public IdleConnections(LoadLoop load, Protocol protocol, InetSocketAddress address) {
        this.load = load;
        this.protocol = protocol;
        this.address = address;
    }

    /** Opens connections, a few hundred handshakes at a time. */
    public void open(int count) {
        Queue<CompletableFuture<Void>> pending = new ArrayDeque<>();
        for (int i = 0; i < count; i++) {
            Connection connection = new Connection(protocol, "idle" + i);
            connections.add(connection);
            int source = 1 + i / PORTS_PER_SOURCE;
            pending.add(load.connect(connection, address, new InetSocketAddress("127.0.0." + source, 0)));
            if (pending.size() >= AT_ONCE) {
                LoadLoop.await(new CompletableFuture<?>[] {pending.remove()}, HANDSHAKE_SECONDS);
            }
        }
        LoadLoop.await(pending.toArray(CompletableFuture[]::new), HANDSHAKE_SECONDS);
    }

    /** Pings all; the number that answered. */
    public long answering() {
        load.call(() -> {
            connections.stream().filter(MqttConnection::isOpen).forEach(MqttConnection::ping);
            return true;
        });
        CompletableFuture<?>[] answers =
                connections.stream().map(connection -> connection.alive).toArray(CompletableFuture[]::new);
        try {
            CompletableFuture.allOf(answers)
                    .orTimeout(PING_SECONDS, TimeUnit.SECONDS)
                    .join();
        } catch (CompletionException e) {
            // Some did not answer in time: the count says how many did.
            return connections.stream()
                    .filter(connection -> connection.alive.isDone())
                    .count();
        }
        return connections.size();
    }

    @Override
    public void close() {
        load.call(() -> {
            connections.forEach(MqttConnection::disconnect);
            return true;
        });
    }
}
