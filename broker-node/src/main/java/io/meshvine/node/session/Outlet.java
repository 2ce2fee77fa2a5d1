package io.meshvine.node.session;

/**
 * Port: the connection of a client as its session sees it. Called on the session's loop only, one call at a time. Must
 * not block and must not throw. It may call {@link ClientSession#onWritable} from within {@link #flush()}.
 */
public interface Outlet {

    /** Receive Maximum of this connection, 1 to 65535; 65535 for a client of MQTT 3.1.1 (MQTT 5, 3.1.2.11.3). */
    int receiveMaximum();

    /** Whether the connection takes more; if not, {@link ClientSession#onWritable} follows once it does again. */
    boolean isWritable();

    /**
     * Writes a PUBLISH, without flushing. What the outlet keeps of the message beyond this call it must
     * {@linkplain Message#retain() retain} itself. The remaining expiry interval is at least one second, even for a
     * message that has expired since it was first sent.
     *
     * @param packetId 1 to 65535, or 0 at QoS 0
     * @param dup whether this delivery was sent before, on an earlier connection [MQTT-3.3.1-1]
     * @return false if it is larger than the client's Maximum Packet Size: nothing was written, and the message counts
     *     as delivered [MQTT-3.1.2-25]
     */
    boolean publish(Delivery delivery, int packetId, boolean dup);

    /**
     * Writes PUBLISHes of {@link Message#further()}, behind that of the message, without flushing.
     *
     * @return how many were not larger than the client's Maximum Packet Size
     */
    default int publishFurther(Delivery delivery) {
        int written = 0;
        for (Delivery one : delivery.each().subList(1, delivery.message().count())) {
            written += publish(one, 0, false) ? 1 : 0;
        }
        return written;
    }

    /** Writes a PUBREL, without flushing. */
    void pubrel(int packetId);

    /** Sends what was written. */
    void flush();

    /** What operators are told of the connection, the same for its life. Any thread. */
    ConnectionFacts facts();
}
