package io.meshvine.it.wire;

import java.io.Closeable;
import java.io.IOException;

/** An ordered stream of bytes to a server. One thread may read while another one writes. */
public interface Connection extends Closeable {

    void write(byte[] bytes) throws IOException;

    /**
     * Reads some bytes.
     *
     * @return how many, or -1 if the server closed the connection
     * @throws java.net.SocketTimeoutException if nothing came in time
     */
    int read(byte[] into) throws IOException;

    /** Closes the network connection without a word of MQTT. */
    @Override
    void close();
}
