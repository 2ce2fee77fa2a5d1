package io.meshvine.node.front;

import io.meshvine.mesh.BridgeLoop;
import io.meshvine.mesh.EventLoop;
import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.HandOn;
import io.meshvine.mesh.Interest;
import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.MeshTarget;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.WriteUnit;
import io.meshvine.mesh.interest.InterestIndex;
import io.meshvine.mesh.retained.HybridClock;
import io.meshvine.mesh.retained.RetainedMap;
import io.meshvine.mesh.retained.RetainedRecords;
import io.meshvine.mesh.store.HeapRecordStore;
import io.meshvine.mesh.wire.GuaranteedRun;
import io.meshvine.mesh.wire.Run;
import io.meshvine.node.moquette.MoquetteEngine;
import io.meshvine.node.routing.LocalDelivery;
import io.meshvine.node.routing.MeshGate;
import io.meshvine.node.routing.MeshPublishes;
import io.meshvine.node.routing.PeerMembers;
import io.meshvine.node.routing.PublishRouter;
import io.meshvine.node.routing.RouteTable;
import io.meshvine.node.routing.SharedDelivery;
import io.meshvine.node.routing.SharedStrategy;
import io.meshvine.node.routing.Subscriptions;
import io.meshvine.node.routing.Wills;
import io.meshvine.node.session.ClientSession;
import io.meshvine.node.session.Delivery;
import io.meshvine.node.session.GroupCustody;
import io.meshvine.node.session.Journal;
import io.meshvine.node.session.JournalBatch;
import io.meshvine.node.session.Message;
import io.meshvine.node.session.SessionCounters;
import io.meshvine.node.session.SessionLimits;
import io.meshvine.node.session.SessionRestore;
import io.meshvine.node.session.Sessions;
import io.meshvine.node.session.SubscriptionDirectory;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One node without a mesh, on loopback ports of its own. The mesh is a {@link Gate} that tests can hold up. */
final class LoopbackNode implements AutoCloseable {

    final Gate mesh = new Gate();
    final Sessions sessions;
    final SessionCounters sessionCounters = new SessionCounters();
    final SubscriptionDirectory directory = new SubscriptionDirectory();
    final RecordStore store;
    final PublishRouter router;
    final SharedDelivery shared;
    final Subscriptions subscriptions;
    final Wills wills;
    final Front front;
    private final MoquetteEngine engine;
    private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(1);
    private final BridgeLoop loop = new BridgeLoop("test-sessions");

    LoopbackNode() {
        this(UnaryOperator.identity(), null, Authorizer.allowAll(), SessionLimits.defaults());
    }

    LoopbackNode(UnaryOperator<FrontOptions.Builder> options) {
        this(options, null, Authorizer.allowAll(), SessionLimits.defaults());
    }

    LoopbackNode(
            UnaryOperator<FrontOptions.Builder> options,
            Authenticator authenticator,
            Authorizer authorizer,
            SessionLimits limits) {
        this(options, authenticator, authorizer, limits, new HeapRecordStore(), 1, 0);
    }

    /** A life of a node with what earlier ones left in the store. */
    LoopbackNode(RecordStore store, long epoch) {
        this(store, epoch, 0);
    }

    /** The same, that many milliseconds later. */
    LoopbackNode(RecordStore store, long epoch, long laterMillis) {
        this(
                UnaryOperator.identity(),
                null,
                Authorizer.allowAll(),
                SessionLimits.defaults(),
                store,
                epoch,
                laterMillis);
    }

    LoopbackNode(
            UnaryOperator<FrontOptions.Builder> options,
            Authenticator authenticator,
            Authorizer authorizer,
            SessionLimits limits,
            RecordStore store,
            long epoch,
            long laterMillis) {
        LongSupplier wallMillis = () -> System.currentTimeMillis() + laterMillis;
        this.store = store;
        Journal journal = new Journal(store, epoch);
        sessions = new Sessions(limits, sessionCounters, journal, List.of(timer), new LaterLoop(loop, wallMillis));
        LocalDelivery local = new LocalDelivery(directory);
        RetainedMap retained = new RetainedMap();
        RetainedMap nodeRetained = new RetainedMap();
        HybridClock clock = new HybridClock(new NodeId(1, 1), 1, wallMillis);
        RetainedRecords.keep(retained, clock, store);
        MeshPublishes publishes = new MeshPublishes(System::nanoTime, wallMillis);
        InterestIndex interest = new InterestIndex();
        shared = new SharedDelivery(
                new NodeId(1, 1),
                SharedStrategy.LOCAL,
                local,
                interest,
                mesh,
                PeerMembers.NONE,
                publishes,
                journal,
                sessionCounters,
                new GroupCustody(journal, System::nanoTime, Long.MAX_VALUE));
        router = new PublishRouter(
                new RouteTable(directory, interest),
                local,
                shared,
                mesh,
                retained,
                nodeRetained,
                clock,
                publishes,
                journal);
        subscriptions = new Subscriptions(directory, mesh, retained, nodeRetained, journal, wallMillis);
        wills = new Wills(router::publishAndRelease, timer, System::nanoTime, wallMillis);
        sessions.listen(new Sessions.Listener() {
            @Override
            public void onSessionEnded(ClientSession session) {
                subscriptions.sessionEnded(session);
                wills.sessionEnded(session.clientId());
            }

            @Override
            public void onSessionNotDurable(ClientSession session) {
                subscriptions.sessionNotDurable(session);
            }

            @Override
            public boolean hasOtherMember(ClientSession unable, GroupKey group, Message message, boolean evenAway) {
                return shared.hasOtherMember(unable, group, message, evenAway);
            }

            @Override
            public void redeliver(ClientSession unable, List<Delivery> deliveries, JournalBatch batch) {
                shared.redeliver(unable, deliveries, batch);
            }

            @Override
            public void parked(ClientSession session, GroupKey group) {
                shared.parked(session, group);
            }
        });
        SessionRestore.run(sessions, wallMillis.getAsLong(), subscriptions::restore);
        engine = new MoquetteEngine(sessions::get, Front::outlet);
        front = new Front(
                options.apply(FrontOptions.builder()
                                .tcp("127.0.0.1", 0)
                                .webSocket("127.0.0.1", 0)
                                .workers(2))
                        .build(),
                sessions,
                router,
                subscriptions,
                wills,
                engine::handler,
                new FrontSecurity(authenticator, authorizer, null),
                wallMillis);
        try {
            front.bind();
            front.accept();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A connection of this node without a socket: behind the given handlers, decoded packets go in and out. */
    EmbeddedChannel embedded(ChannelHandler... before) {
        Services services = new Services(
                FrontOptions.builder().build(),
                sessions,
                router,
                subscriptions,
                wills,
                Homes.alone(),
                engine::handler,
                Authenticator.allowAll(),
                Authorizer.allowAll(),
                null,
                new TakeoverGate(),
                new FrontCounters(),
                new Congestion(ReadPauses.Cause.CONGESTED),
                new Congestion(ReadPauses.Cause.UNWRITTEN),
                new UnsettledQos2(),
                new LogLimit(),
                System::currentTimeMillis);
        return new EmbeddedChannel(new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline().addLast(before);
                channel.pipeline().addLast(new FrontHandler(services, Transport.TCP), engine.handler());
            }
        });
    }

    int port() {
        return front.tcpPort();
    }

    @Override
    public void close() {
        front.stop(Duration.ofSeconds(2));
        engine.close();
        sessions.close();
        loop.close();
        timer.shutdownNow();
    }

    /** A loop whose wall clock is another. */
    private record LaterLoop(EventLoop loop, LongSupplier clock) implements EventLoop {
        @Override
        public boolean inLoop() {
            return loop.inLoop();
        }

        @Override
        public void execute(Runnable task) {
            loop.execute(task);
        }

        @Override
        public Scheduled schedule(Duration delay, Runnable task) {
            return loop.schedule(delay, task);
        }

        @Override
        public long nanoTime() {
            return loop.nanoTime();
        }

        @Override
        public long wallMillis() {
            return clock.getAsLong();
        }

        @Override
        public RandomGenerator random() {
            return loop.random();
        }
    }

    /** A mesh without peers, whose confirmations a test can keep back. */
    final class Gate implements MeshGate {
        private final List<Runnable> kept = new java.util.ArrayList<>();
        private boolean keeping;

        synchronized void keep() {
            keeping = true;
        }

        void letGo() {
            List<Runnable> due;
            synchronized (this) {
                keeping = false;
                due = List.copyOf(kept);
                kept.clear();
            }
            due.forEach(Runnable::run);
        }

        synchronized int kept() {
            return kept.size();
        }

        private void confirm(Runnable confirmation) {
            synchronized (this) {
                if (keeping) {
                    kept.add(confirmation);
                    return;
                }
            }
            confirmation.run();
        }

        @Override
        public void publish(MeshPublish publish, List<MeshTarget> targets, @Nullable WriteUnit unit, Runnable settled) {
            if (unit != null) {
                store.write(unit);
            }
            confirm(settled);
        }

        @Override
        public void handOn(List<HandOn> all, @Nullable WriteUnit unit) {
            throw new IllegalStateException("there is nobody to take it");
        }

        @Override
        public void publish(Run run) {
            if (run instanceof GuaranteedRun guaranteed) {
                guaranteed.settled().forEach(this::confirm);
            }
        }

        @Override
        public void subscribe(List<Interest> added, Runnable confirmed) {
            confirm(confirmed);
        }

        @Override
        public void unsubscribe(List<Interest> removed) {}
    }
}
