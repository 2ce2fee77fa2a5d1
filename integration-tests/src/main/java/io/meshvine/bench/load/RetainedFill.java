package io.meshvine.bench.load;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;

/** Has a node retain many messages, at QoS 1 over MQTT 3.1.1; returns once all are acknowledged. Stateless. */
public final class RetainedFill {
    private static final int WINDOW = 2_000;
    private static final int TOPICS_PER_LEVEL = 1_000;
    private static final int PUBLISH_QOS1_RETAIN = 0x33;
    private static final int PUBACK_BYTES = 4;
    private static final byte[] CONNECT = {0x10, 16, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0, 4, 'f', 'i', 'l', 'l'};
    private static final int CONNACK_BYTES = 4;

    private RetainedFill() {}

    /** Publishes so many messages on {@code retained/<thousands>/<rest>}. */
    public static void fill(InetSocketAddress broker, int messages, int payloadBytes) throws IOException {
        try (Socket socket = new Socket(broker.getAddress(), broker.getPort())) {
            socket.setTcpNoDelay(true);
            DataInputStream in = new DataInputStream(socket.getInputStream());
            DataOutputStream out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream(), 1 << 16));
            out.write(CONNECT);
            out.flush();
            if (in.readNBytes(CONNACK_BYTES)[CONNACK_BYTES - 1] != 0) {
                throw new IOException("the broker refuses");
            }
            Semaphore open = new Semaphore(WINDOW);
            CompletableFuture<Void> acknowledged = CompletableFuture.runAsync(
                    () -> readAcknowledgements(in, messages, open), task -> new Thread(task, "fill-acks").start());
            for (int i = 0; i < messages; i++) {
                if (!open.tryAcquire()) {
                    out.flush();
                    open.acquireUninterruptibly();
                }
                publish(out, i, payloadBytes);
            }
            out.flush();
            acknowledged.join();
        }
    }

    private static void readAcknowledgements(DataInputStream in, int messages, Semaphore open) {
        byte[] puback = new byte[PUBACK_BYTES];
        try {
            for (int i = 0; i < messages; i++) {
                in.readFully(puback);
                open.release();
            }
        } catch (IOException lost) {
            open.release(messages); // The publisher goes on, and fails as well.
            throw new UncheckedIOException(lost);
        }
    }

    private static void publish(DataOutputStream out, int number, int payloadBytes) throws IOException {
        byte[] topic = ("retained/" + number / TOPICS_PER_LEVEL + "/" + number % TOPICS_PER_LEVEL)
                .getBytes(StandardCharsets.US_ASCII);
        out.writeByte(PUBLISH_QOS1_RETAIN);
        int length = Short.BYTES + topic.length + Short.BYTES + payloadBytes;
        while (length > 0x7f) {
            out.writeByte((length & 0x7f) | 0x80);
            length >>= 7;
        }
        out.writeByte(length);
        out.writeShort(topic.length);
        out.write(topic);
        out.writeShort(1 + number % 65_535);
        for (int i = 0; i < payloadBytes; i++) {
            out.writeByte(number + i);
        }
    }
}
