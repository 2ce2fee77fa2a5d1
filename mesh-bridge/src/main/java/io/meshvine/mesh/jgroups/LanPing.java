package io.meshvine.mesh.jgroups;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jgroups.Message;
import org.jgroups.conf.ClassConfigurator;
import org.jgroups.protocols.MPING;
import org.jgroups.protocols.PingHeader;
import org.jgroups.util.Bits;
import org.jgroups.util.ByteArrayDataInputStream;
import org.jgroups.util.ByteArrayDataOutputStream;
import org.jgroups.util.Util;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Discovery by multicast on the local network; the answers come over the transport. Where multicast is not to be had
 * (containers, some clouds) it says so once and keeps quiet.
 */
final class LanPing extends MPING {

    /** UDP port of the discovery requests. */
    static final int MULTICAST_PORT = 7799;

    /** Administratively scoped, RFC 2365; not routed beyond the site. */
    private static final String GROUP_IPV4 = "239.255.77.99";

    /** Link-local scope, transient; RFC 4291 2.7. */
    private static final String GROUP_IPV6 = "ff12::7799";

    private static final Logger LOG = LoggerFactory.getLogger(LanPing.class);

    private final ForeignMeshes foreigners;
    private boolean usable;

    LanPing(InetAddress localAddress, ForeignMeshes foreigners) {
        this.foreigners = foreigners;
        setId(ClassConfigurator.getProtocolId(MPING.class));
        setBindAddr(localAddress);
        setMcastAddr(literal(localAddress instanceof Inet6Address ? GROUP_IPV6 : GROUP_IPV4));
        setMcastPort(MULTICAST_PORT);
        setTTL(1);
    }

    @Override
    public void start() throws Exception {
        try {
            super.start();
            usable = true;
        } catch (IOException | RuntimeException noMulticast) {
            timer = getTransport().getTimer();
            giveUp(noMulticast);
        }
    }

    @Override
    public void stop() {
        super.stop();
        Util.close(mcast_send_sock);
        mcast_send_sock = null;
    }

    @Override
    protected @Nullable Object handle(PingHeader header, Message message) {
        String name = nameOf(header);
        if (header.type() == PingHeader.GET_MBRS_REQ && !cluster_name.equals(name)) {
            foreigners.met(name);
            return null;
        }
        return super.handle(header, message);
    }

    @Override
    protected void sendMcastDiscoveryRequest(Message request) {
        if (!usable) {
            return;
        }
        try {
            request.setSrc(local_addr);
            ByteArrayDataOutputStream out = new ByteArrayDataOutputStream(request.size() + 1);
            request.writeTo(out);
            mcast_send_sock.send(new DatagramPacket(out.buffer(), 0, out.position(), mcast_addr, mcast_port));
        } catch (IOException noRoute) {
            giveUp(noRoute);
        }
    }

    private void giveUp(Exception reason) {
        usable = false;
        LOG.warn(
                "no multicast on {}: nodes on other hosts are found by mesh.discovery=static or dns only ({})",
                bind_addr.getHostAddress(),
                reason.toString());
    }

    /** The header has no accessor for the name of the mesh; its wire form is a type, then the name. */
    private static String nameOf(PingHeader header) {
        try {
            ByteArrayDataOutputStream out = new ByteArrayDataOutputStream(header.serializedSize());
            header.writeTo(out);
            ByteArrayDataInputStream in = new ByteArrayDataInputStream(out.buffer(), 0, out.position());
            in.readByte();
            return String.valueOf(Bits.readString(in));
        } catch (IOException impossible) {
            throw new IllegalStateException("a header in memory", impossible);
        }
    }

    private static InetAddress literal(String address) {
        try {
            return InetAddress.getByName(address);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException(address, impossible);
        }
    }
}
