package io.meshvine.node;

import io.meshvine.mesh.will.WillLeases;
import io.meshvine.node.routing.WillGuard;
import java.time.Duration;
import java.util.function.Consumer;

/** Has peers look after this node's wills. */
final class LeasedWills implements WillGuard {

    private final WillLeases leases;
    private final Consumer<Runnable> loop;

    /**
     * @param loop runs tasks on the bridge loop, in order
     */
    LeasedWills(WillLeases leases, Consumer<Runnable> loop) {
        this.leases = leases;
        this.loop = loop;
    }

    @Override
    public void arm(String clientId, byte[] will, Duration delay) {
        loop.accept(() -> leases.arm(clientId, will, delay));
    }

    @Override
    public void delayed(String clientId, Duration delay) {
        loop.accept(() -> leases.delayed(clientId, delay));
    }

    @Override
    public void release(String clientId) {
        loop.accept(() -> leases.release(clientId));
    }

    @Override
    public void connected(String clientId) {
        if (leases.isWatched(clientId)) {
            loop.accept(() -> leases.connected(clientId));
        }
    }
}
