package io.meshvine.mesh.sim;

import io.meshvine.mesh.EventLoop;
import io.meshvine.mesh.will.WillLeases;
import io.meshvine.mesh.will.WillOptions;
import io.meshvine.mesh.will.Willholder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** What a node does about wills, in one life of it: a model of the part that is not the mesh's. */
final class WillNode implements Willholder {
    static final Duration GRACE = Duration.ofSeconds(5);

    final SimNode.Life life;
    final WillLeases leases;
    private final SimWills books;
    private final Map<String, Long> connected = new HashMap<>();
    private final Map<String, EventLoop.Scheduled> delays = new HashMap<>();

    WillNode(SimNode.Life life, SimWills books) {
        this.life = life;
        this.books = books;
        this.leases = new WillLeases(life.loop, life.node.id, new WillOptions(GRACE, 1_000, 1_000_000), this);
        life.bridge.attach(WillLeases.CHANNEL, leases);
    }

    /** A client connects, with a will that the books know by a name. */
    void connect(String client, String will, Duration delay) {
        connected.put(client, life.loop.nanoTime());
        cancelDelay(client);
        life.bridge.execute(() -> leases.arm(client, will.getBytes(StandardCharsets.UTF_8), delay));
        if (leases.isWatched(client)) {
            life.bridge.execute(() -> leases.connected(client));
        }
    }

    /** A client says goodbye. */
    void disconnect(String client) {
        cancelDelay(client);
        life.bridge.execute(() -> leases.release(client));
    }

    /** A client is lost. */
    void lose(String client, String will, Duration delay) {
        if (delay.isZero()) {
            fire(client, will);
            return;
        }
        life.bridge.execute(() -> leases.delayed(client, delay));
        delays.put(client, life.loop.schedule(delay, () -> {
            delays.remove(client);
            fire(client, will);
        }));
    }

    private void fire(String client, String will) {
        life.bridge.execute(() -> {
            leases.release(client);
            books.published(life, will);
        });
    }

    private void cancelDelay(String client) {
        EventLoop.Scheduled delay = delays.remove(client);
        if (delay != null) {
            delay.cancel();
        }
    }

    @Override
    public long connectedNanos(String clientId) {
        return connected.getOrDefault(clientId, NEVER);
    }

    @Override
    public void publish(String clientId, byte[] will) {
        books.published(life, new String(will, StandardCharsets.UTF_8));
    }

    @Override
    public void onBackElsewhere(String clientId) {
        if (delays.containsKey(clientId)) {
            cancelDelay(clientId);
            life.bridge.execute(() -> leases.release(clientId));
        }
    }
}
