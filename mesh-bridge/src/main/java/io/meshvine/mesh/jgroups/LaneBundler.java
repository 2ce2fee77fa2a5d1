package io.meshvine.mesh.jgroups;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToLongFunction;
import org.jgroups.Address;
import org.jgroups.Message;
import org.jgroups.PhysicalAddress;
import org.jgroups.View;
import org.jgroups.conf.ClassConfigurator;
import org.jgroups.protocols.BaseBundler;
import org.jgroups.protocols.TP;
import org.jgroups.protocols.UNICAST4;
import org.jgroups.protocols.UnicastHeader;
import org.jgroups.util.ByteArrayDataOutputStream;
import org.jgroups.util.FastArray;

/**
 * Sends on a lane per destination: a bounded queue that at most one thread at a time empties into the socket. A peer
 * that does not read, or does not answer the connect, holds up its own lane and nobody else's; that is also true of
 * messages to all members (heartbeats, views), which go to every lane. Callers never block.
 *
 * <p>What a socket surely has {@linkplain SendRoom room} for, a caller writes itself, if nobody is writing there: a
 * hand-over to another thread costs more than the write. Otherwise threads come and go with the work: none when idle, one per busy
 * destination, at most {@link #MAX_THREADS}.
 */
final class LaneBundler extends BaseBundler {

    /** More destinations than this that are stuck at the same time hold up others. */
    static final int MAX_THREADS = 256;

    /** Messages waiting for one destination; beyond, they are dropped and JGroups sends them again. */
    private static final int LANE_MESSAGES = 4096;

    private static final short UNICAST = ClassConfigurator.getProtocolId(UNICAST4.class);

    private static final long IDLE_SECONDS = 10;
    private static final long RETRY_MILLIS = 10;

    private final Map<Address, Lane> lanes = new ConcurrentHashMap<>();
    private final LongAdder dropped = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final ThreadLocal<ByteArrayDataOutputStream> buffers =
            ThreadLocal.withInitial(() -> new ByteArrayDataOutputStream(max_size + TP.MSG_OVERHEAD));
    private final ThreadPoolExecutor threads;
    private final MeshTcp tcp;
    private volatile ToLongFunction<Address> acknowledged = destination -> 0;

    LaneBundler(MeshTcp tcp, String threadName) {
        this.tcp = tcp;
        AtomicLong started = new AtomicLong();
        threads = new ThreadPoolExecutor(
                0, MAX_THREADS, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
                    Thread thread = new Thread(task, threadName + "-send-" + started.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
    }

    /** Takes who knows up to where a member has acknowledged messages; only with that do callers write themselves. */
    void acknowledged(ToLongFunction<Address> byMember) {
        acknowledged = byMember;
    }

    /** Messages dropped because a lane was full. */
    long dropped() {
        return dropped.sum();
    }

    /** Sends that failed, mostly for want of a connection. */
    long failed() {
        return failed.sum();
    }

    @Override
    public void send(Message message) throws Exception {
        Address destination = message.getDest();
        if (destination == null) {
            ByteArrayDataOutputStream out = buffers.get();
            out.position(0);
            // Comes back through sendBytes for each member.
            sendSingle(null, message, out);
        } else {
            // By physical address: what is sent to a host as yet unknown and to the member found there stays in order.
            PhysicalAddress address =
                    destination instanceof PhysicalAddress ? null : tcp.getPhysicalAddressFromCache(destination);
            if (address == null) {
                lane(destination).offer(message, false);
            } else {
                Lane lane = lane(address);
                lane.offer(message, lane.surelyTakes(message) && tcp.isConnectedTo(address));
            }
        }
    }

    /** Sends a marshalled message, which is not to be changed afterwards. */
    void sendBytes(PhysicalAddress destination, byte[] marshalled) {
        lane(destination).offer(marshalled, false);
    }

    /** Runs a task that may block for a while on a connection. False if too many do already. */
    boolean tryExecute(Runnable task) {
        try {
            threads.execute(task);
            return true;
        } catch (RejectedExecutionException allBusyOrStopped) {
            return false;
        }
    }

    @Override
    public void viewChange(View view) {
        super.viewChange(view);
        // Who still holds a lane empties it all the same.
        lanes.keySet().removeIf(address -> !tcp.isMember(address));
    }

    @Override
    public void stop() {
        super.stop();
        lanes.clear();
        threads.shutdownNow();
    }

    @Override
    public int size() {
        return lanes.values().stream().mapToInt(lane -> lane.waiting.get()).sum();
    }

    @Override
    public int getQueueSize() {
        return size();
    }

    private Lane lane(Address destination) {
        Lane lane = lanes.get(destination);
        return lane == null ? lanes.computeIfAbsent(destination, Lane::new) : lane;
    }

    /** What waits for one destination: messages, or marshalled messages as byte arrays. */
    private final class Lane implements Runnable {
        private final Address destination;
        private final ConcurrentLinkedQueue<Object> items = new ConcurrentLinkedQueue<>();
        private final AtomicInteger waiting = new AtomicInteger();
        private final AtomicBoolean running = new AtomicBoolean();
        private final SendRoom room = new SendRoom();

        // Touched by the running thread only.
        private final List<Message> batch = new FastArray<>(32);
        private int batchBytes;

        Lane(Address destination) {
            this.destination = destination;
        }

        /** Whether writing a message surely needs no waiting; only frames are numbered. */
        boolean surelyTakes(Message message) {
            return message.getHeader(UNICAST) instanceof UnicastHeader header
                    && header.type() == UnicastHeader.DATA
                    && room.has(message.size(), header.seqno(), acknowledged.applyAsLong(message.getDest()));
        }

        void offer(Object item, boolean fits) {
            if (waiting.incrementAndGet() > LANE_MESSAGES) {
                waiting.decrementAndGet();
                dropped.increment();
                return;
            }
            boolean alone = fits && waiting.get() == 1;
            items.add(item);
            if (running.compareAndSet(false, true)) {
                if (alone) {
                    writeNext();
                } else {
                    start();
                }
            }
        }

        /** Writes what is first in the queue, and leaves what came meanwhile to a thread. */
        private void writeNext() {
            Object item = items.poll();
            if (item != null) {
                write(item, buffers.get());
                sendBatch(buffers.get());
            }
            running.set(false);
            if (waiting.get() > 0 && running.compareAndSet(false, true)) {
                start();
            }
        }

        private void start() {
            if (!tryExecute(this) && !threads.isShutdown()) {
                var unused = transport.getTimer().schedule(this::start, RETRY_MILLIS, TimeUnit.MILLISECONDS);
            }
        }

        @Override
        public void run() {
            do {
                drain();
                running.set(false);
            } while (waiting.get() > 0 && running.compareAndSet(false, true));
            if (!tcp.isMember(destination)) {
                // Seeds that never answer must not pile up. Who still holds this lane empties it all the same.
                lanes.remove(destination, this);
            }
        }

        private void drain() {
            ByteArrayDataOutputStream out = buffers.get();
            Object item = items.poll();
            while (item != null) {
                write(item, out);
                item = items.poll();
            }
            sendBatch(out);
        }

        private void write(Object item, ByteArrayDataOutputStream out) {
            waiting.decrementAndGet();
            if (item instanceof Message message) {
                int size = message.size();
                if (batchBytes + size > max_size || isForAnother(message)) {
                    sendBatch(out);
                }
                batch.add(message);
                batchBytes += size;
                room.write(size);
            } else {
                sendBatch(out);
                byte[] marshalled = (byte[]) item;
                room.write(marshalled.length);
                sendMarshalled(marshalled);
            }
        }

        private boolean isForAnother(Message message) {
            return !batch.isEmpty() && !batch.get(0).getDest().equals(message.getDest());
        }

        private void sendBatch(ByteArrayDataOutputStream out) {
            if (batch.isEmpty()) {
                return;
            }
            out.position(0);
            Message first = batch.get(0);
            try {
                if (batch.size() == 1) {
                    sendSingle(first.getDest(), first, out);
                } else {
                    sendMultiple(first.getDest(), first.getSrc(), batch, out);
                }
                total_msgs_sent.add(batch.size());
            } catch (Exception unreachable) {
                failed(unreachable);
            } finally {
                batch.clear();
                batchBytes = 0;
            }
        }

        private void sendMarshalled(byte[] message) {
            try {
                tcp.sendUnicast((PhysicalAddress) destination, message, 0, message.length);
            } catch (Exception unreachable) {
                failed(unreachable);
            }
        }

        private void failed(Exception unreachable) {
            // Lost like a message on a cut wire: what has to arrive is sent again, and views tell who is gone.
            failed.increment();
            log.trace(FMT, transport.getAddress(), destination, unreachable.getMessage());
        }
    }
}
