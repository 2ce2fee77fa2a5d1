package io.meshvine.node.front;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.mqtt.MqttMessageType;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * PUBACK and PUBREC that one client is still to get: each leaves once its publish is settled and all before it have left,
 * so they go in the order of receipt [MQTT-4.6.0-2], [MQTT-4.6.0-3]. Confined to the connection's loop, but for
 * {@link Debt#run}.
 */
final class AckLine {

    private static final int PUBACK = 0x40;
    private static final int PUBREC = 0x50;
    private static final int LENGTH_OF_ID = 2;
    private static final int LENGTH_OF_ID_AND_REASON = 3;
    private static final int MAX_ACK_BYTES = 5;

    private final ClientConnection connection;
    private final ArrayDeque<Debt> line = new ArrayDeque<>();
    private final AtomicBoolean drainScheduled = new AtomicBoolean();

    AckLine(ClientConnection connection) {
        this.connection = connection;
    }

    /** One acknowledgement owed. */
    final class Debt implements Runnable {
        private final int packetId;
        private final int qos;
        private int reason;
        private volatile boolean settled;
        private @Nullable Runnable then; // Guarded by this.

        private Debt(int packetId, int qos) {
            this.packetId = packetId;
            this.qos = qos;
        }

        /** What the acknowledgement will say. On the loop, before it is settled there. */
        Debt reason(byte code) {
            reason = code & 0xFF;
            return this;
        }

        int packetId() {
            return packetId;
        }

        /** Runs a task once this is settled, on the thread that settles it. Any thread. */
        void whenSettled(Runnable task) {
            synchronized (this) {
                if (!settled) {
                    Runnable before = then;
                    then = before == null
                            ? task
                            : () -> {
                                before.run();
                                task.run();
                            };
                    return;
                }
            }
            task.run();
        }

        /** It is settled. Any thread. */
        @Override
        public void run() {
            Runnable next = null;
            if (qos == 2) {
                synchronized (this) {
                    settled = true;
                    next = then;
                }
            } else {
                settled = true;
            }
            if (next != null) {
                next.run();
            }
            if (!connection.inLoop() || !connection.inBurst()) { // The end of a burst drains once for all of it.
                drainSoon();
            }
        }
    }

    /** Owes an acknowledgement from now on. */
    Debt owe(int packetId, int qos) {
        Debt debt = new Debt(packetId, qos);
        line.add(debt);
        return debt;
    }

    /** QoS 2 publishes that are not settled, of a connection that ends. */
    List<Debt> unsettledQos2() {
        return line.stream().filter(debt -> debt.qos == 2 && !debt.settled).toList();
    }

    /** Acknowledgements that have not left. */
    int size() {
        return line.size();
    }

    /** Once for all that are settled until then. Any thread. */
    private void drainSoon() {
        if (!drainScheduled.get() && drainScheduled.compareAndSet(false, true)) {
            connection.later(this::drainLate);
        }
    }

    private void drainLate() {
        drainScheduled.set(false);
        if (drain()) {
            connection.flush();
        }
    }

    /** Writes what may leave, without flushing. Whether anything left. */
    boolean drain() {
        Debt head = line.peek();
        if (head == null || !head.settled || connection.ended()) {
            return false;
        }
        int pubacks = 0;
        int pubrecs = 0;
        while (head != null && head.settled) {
            line.remove();
            write(connection.packets().room(MAX_ACK_BYTES), head);
            connection.acknowledged(head.packetId, head.qos, head.reason);
            if (head.qos == 1) {
                pubacks++;
            } else {
                pubrecs++;
            }
            head = line.peek();
        }
        connection.count(MqttMessageType.PUBACK, pubacks);
        connection.count(MqttMessageType.PUBREC, pubrecs);
        return true;
    }

    private void write(ByteBuf out, Debt debt) {
        out.writeByte(debt.qos == 1 ? PUBACK : PUBREC);
        // The reason may be left out if it is 0 (MQTT 5, 3.4.2.1); MQTT 3.1.1 has none.
        if (debt.reason == 0 || !connection.version5()) {
            out.writeByte(LENGTH_OF_ID).writeShort(debt.packetId);
        } else {
            out.writeByte(LENGTH_OF_ID_AND_REASON).writeShort(debt.packetId).writeByte(debt.reason);
        }
    }
}
