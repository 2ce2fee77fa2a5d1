package io.meshvine.node.admin;

import java.net.InetSocketAddress;

/** Port: who may use the admin endpoint. Called on its threads; may take its time. */
@FunctionalInterface
public interface AdminAccess {

    /** Whether somebody with that name and password may, connecting from that address. */
    boolean mayEnter(String user, byte[] password, InetSocketAddress address);
}
