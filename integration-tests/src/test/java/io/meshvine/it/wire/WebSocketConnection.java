package io.meshvine.it.wire;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A WebSocket (RFC 6455) by hand, so that frames can be cut and typed as a test likes. {@link #write} sends one binary
 * frame per call; reading joins what the server's binary frames hold and answers its pings.
 */
public final class WebSocketConnection implements Connection {

    public static final int CONTINUATION = 0x0;
    public static final int TEXT = 0x1;
    public static final int BINARY = 0x2;
    private static final int CLOSE = 0x8;
    public static final int PING = 0x9;
    public static final int PONG = 0xa;

    private static final byte[] MASK = {0x37, (byte) 0xfa, 0x21, 0x3d};

    private final TcpConnection tcp;
    private final String subprotocol;
    private byte[] frame = new byte[0];
    private int frameOffset;
    private int pongs;

    private WebSocketConnection(TcpConnection tcp, String subprotocol) {
        this.tcp = tcp;
        this.subprotocol = subprotocol;
    }

    /** An answer to the upgrade that was no upgrade. */
    public static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1L;

        RefusedException(String statusLine) {
            super(statusLine);
        }
    }

    /** Upgrades a new connection; an empty list of subprotocols offers none. */
    public static WebSocketConnection open(
            InetSocketAddress server, String path, List<String> subprotocols, Duration readTimeout) throws IOException {
        TcpConnection tcp = TcpConnection.open(server, readTimeout);
        StringBuilder request = new StringBuilder("GET " + path + " HTTP/1.1\r\n");
        request.append("Host: ").append(server.getHostString()).append(':').append(server.getPort());
        request.append("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n");
        request.append("Sec-WebSocket-Key: ").append(Base64.getEncoder().encodeToString(new byte[16]));
        if (!subprotocols.isEmpty()) {
            request.append("\r\nSec-WebSocket-Protocol: ").append(String.join(", ", subprotocols));
        }
        tcp.write(request.append("\r\n\r\n").toString().getBytes(StandardCharsets.US_ASCII));
        String[] response = readHead(tcp).split("\r\n", -1);
        if (!response[0].contains(" 101 ")) {
            tcp.close();
            throw new RefusedException(response[0]);
        }
        Map<String, String> headers = new TreeMap<>();
        for (String line : response) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                headers.put(
                        line.substring(0, colon).toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).trim());
            }
        }
        return new WebSocketConnection(tcp, headers.getOrDefault("sec-websocket-protocol", ""));
    }

    /** The subprotocol that the server chose, or "". */
    public String subprotocol() {
        return subprotocol;
    }

    /** How many pongs came so far. */
    public int pongs() {
        return pongs;
    }

    @Override
    public void write(byte[] bytes) throws IOException {
        writeFrame(BINARY, true, bytes);
    }

    /** Sends one masked frame. */
    public void writeFrame(int opcode, boolean last, byte[] bytes) throws IOException {
        ByteWriter out = new ByteWriter().u8((last ? 0x80 : 0) | opcode);
        if (bytes.length < 126) {
            out.u8(0x80 | bytes.length);
        } else if (bytes.length < 1 << 16) {
            out.u8(0x80 | 126).u16(bytes.length);
        } else {
            out.u8(0x80 | 127).u32(0).u32(bytes.length);
        }
        out.raw(MASK);
        for (int i = 0; i < bytes.length; i++) {
            out.u8(bytes[i] ^ MASK[i % MASK.length]);
        }
        tcp.write(out.toBytes());
    }

    @Override
    public int read(byte[] into) throws IOException {
        while (frameOffset == frame.length) {
            if (!readFrame()) {
                return -1;
            }
        }
        int length = Math.min(into.length, frame.length - frameOffset);
        System.arraycopy(frame, frameOffset, into, 0, length);
        frameOffset += length;
        return length;
    }

    /** Returns false at the end of the stream. */
    private boolean readFrame() throws IOException {
        byte[] head = new byte[1];
        if (tcp.read(head) < 0) {
            return false;
        }
        int opcode = head[0] & 0x0f;
        int length = readFully(1)[0];
        if (length == 126) {
            length = new ByteReader(readFully(2)).u16();
        } else if (length == 127) {
            length = (int) new ByteReader(readFully(8)).skip(4).u32();
        } else if (length < 0) {
            throw new MalformedPacketError("a server's frame must not be masked");
        }
        byte[] content = readFully(length);
        switch (opcode) {
            case BINARY, CONTINUATION -> {
                frame = content;
                frameOffset = 0;
            }
            case PING -> writeFrame(PONG, true, content);
            case PONG -> pongs++;
            case CLOSE -> {
                return false;
            }
            default -> throw new MalformedPacketError("MQTT in a frame of type " + opcode); // [MQTT-6.0.0-1]
        }
        return true;
    }

    private byte[] readFully(int length) throws IOException {
        byte[] all = new byte[length];
        int read = 0;
        while (read < length) {
            byte[] some = new byte[length - read];
            int count = tcp.read(some);
            if (count < 0) {
                throw new EOFException("within a WebSocket frame");
            }
            System.arraycopy(some, 0, all, read, count);
            read += count;
        }
        return all;
    }

    private static String readHead(TcpConnection tcp) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        byte[] next = new byte[1];
        while (!head.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
            if (tcp.read(next) < 0) {
                throw new RefusedException("closed: " + head.toString(StandardCharsets.US_ASCII));
            }
            head.writeBytes(next);
        }
        return head.toString(StandardCharsets.US_ASCII);
    }

    @Override
    public void close() {
        tcp.close();
    }
}
