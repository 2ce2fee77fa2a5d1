package io.meshvine.mesh.sim;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.WriteUnit;
import io.meshvine.mesh.session.SessionHost;
import io.meshvine.mesh.wire.Position;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a session left behind at a node when it moved, on that node's disk. */
final class LeftSession implements SessionHost.LeftBehind {
    static final byte KEY = 'l';
    private static final byte ENTRY = 2;
    private static final int ENTRY_KEY_BYTES = 2 + 2 * Long.BYTES;

    private final ClientNode node;
    private final RecordStore store;
    private final String client;
    private final long id;
    private final long fence;
    private final NodeId home;
    private final Position interest;
    private final Set<NodeId> behind;
    private final TreeMap<Long, Long> queue = new TreeMap<>();
    private long next = 1;
    private long handedOver;
    private long offeredThrough;

    LeftSession(
            ClientNode node,
            RecordStore store,
            String client,
            long id,
            long fence,
            NodeId home,
            Position interest,
            Set<NodeId> behind) {
        this.node = node;
        this.store = store;
        this.client = client;
        this.id = id;
        this.fence = fence;
        this.home = home;
        this.interest = interest;
        this.behind = new LinkedHashSet<>(behind);
    }

    // ---- Records

    private byte[] key() {
        byte[] name = client.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(1 + Long.BYTES + name.length)
                .put(KEY)
                .putLong(id)
                .put(name)
                .array();
    }

    private byte[] entryKey(long number) {
        return ByteBuffer.allocate(ENTRY_KEY_BYTES)
                .put(Byte.parseByte(client.substring(1)))
                .put(ENTRY)
                .putLong(id)
                .putLong(number)
                .array();
    }

    WriteUnit put(WriteUnit unit) {
        ByteBuffer record = ByteBuffer.allocate(7 * Long.BYTES + 2 * Long.BYTES * behind.size())
                .putLong(fence)
                .putLong(home.high())
                .putLong(home.low())
                .putLong(interest.epoch())
                .putLong(interest.sequence())
                .putLong(handedOver)
                .putLong(offeredThrough);
        behind.forEach(each -> record.putLong(each.high()).putLong(each.low()));
        return unit.put(Family.SESSIONS, key(), record.array());
    }

    /** Takes back what an earlier life left. */
    static LeftSession restore(ClientNode node, RecordStore store, byte[] key, byte[] value) {
        ByteBuffer record = ByteBuffer.wrap(value);
        long fence = record.getLong();
        NodeId home = new NodeId(record.getLong(), record.getLong());
        Position interest = new Position(record.getLong(), record.getLong());
        long handedOver = record.getLong();
        long offered = record.getLong();
        Set<NodeId> behind = new LinkedHashSet<>();
        while (record.hasRemaining()) {
            behind.add(new NodeId(record.getLong(), record.getLong()));
        }
        int nameAt = 1 + Long.BYTES;
        String client = new String(key, nameAt, key.length - nameAt, StandardCharsets.US_ASCII);
        LeftSession left =
                new LeftSession(node, store, client, ByteBuffer.wrap(key).getLong(1), fence, home, interest, behind);
        left.handedOver = handedOver;
        left.offeredThrough = offered;
        store.scan(Family.QUEUES, left.entryKey(0), left.entryKey(Long.MAX_VALUE), (entry, message) -> {
            long number = ByteBuffer.wrap(entry).getLong(ENTRY_KEY_BYTES - Long.BYTES);
            left.queue.put(number, ClientNode.messageOf(message));
            left.next = number + 1;
            return true;
        });
        return left;
    }

    // ---- Messages

    boolean takesFrom(NodeId origin) {
        return behind.contains(origin);
    }

    void take(long message, WriteUnit unit) {
        queue.put(next, message);
        unit.put(Family.QUEUES, entryKey(next), ClientNode.entry(message));
        next++;
    }

    // ---- LeftBehind

    @Override
    public String clientId() {
        return client;
    }

    @Override
    public long fence() {
        return fence;
    }

    @Override
    public NodeId home() {
        return home;
    }

    @Override
    public Position interest() {
        return interest;
    }

    @Override
    public Set<NodeId> behind() {
        return Set.copyOf(behind);
    }

    @Override
    public void heard(NodeId from) {
        if (behind.remove(from)) {
            store.write(put(new WriteUnit()));
        }
    }

    @Override
    public boolean isWaiting() {
        return offeredThrough != 0 || !queue.isEmpty();
    }

    @Override
    public boolean isExpired() {
        return false;
    }

    @Override
    public long begin() {
        if (offeredThrough == 0) {
            offeredThrough = next - 1;
            store.write(put(new WriteUnit()));
        }
        return fence - 1 - handedOver;
    }

    @Override
    public SessionHost.Export export() {
        long through = offeredThrough;
        return new SessionHost.Export() {
            private long read;
            private boolean begun;

            @Override
            public byte @Nullable [] next() {
                if (!begun) {
                    begun = true;
                    return ClientNode.entry(ClientNode.REST);
                }
                Map.Entry<Long, Long> entry = queue.higherEntry(read);
                if (entry == null || entry.getKey() > through) {
                    return null;
                }
                read = entry.getKey();
                return ClientNode.entry(entry.getValue());
            }

            @Override
            public long through() {
                return read;
            }

            @Override
            public void settle(Runnable settled) {
                store.write(new WriteUnit().waitForOthers().whenDurable(settled));
            }
        };
    }

    @Override
    public void taken() {
        WriteUnit unit = new WriteUnit();
        queue.headMap(offeredThrough, true).keySet().forEach(number -> unit.delete(Family.QUEUES, entryKey(number)));
        queue.headMap(offeredThrough, true).clear();
        offeredThrough = 0;
        handedOver++;
        store.write(put(unit));
    }

    @Override
    public void end() {
        WriteUnit unit = new WriteUnit().delete(Family.SESSIONS, key());
        queue.keySet().forEach(number -> unit.delete(Family.QUEUES, entryKey(number)));
        store.write(unit);
        node.ended(this);
    }
}
