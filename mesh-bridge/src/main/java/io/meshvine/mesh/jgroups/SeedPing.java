package io.meshvine.mesh.jgroups;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jgroups.Address;
import org.jgroups.BytesMessage;
import org.jgroups.Event;
import org.jgroups.Message;
import org.jgroups.PhysicalAddress;
import org.jgroups.View;
import org.jgroups.conf.ClassConfigurator;
import org.jgroups.protocols.Discovery;
import org.jgroups.protocols.PingData;
import org.jgroups.protocols.PingHeader;
import org.jgroups.protocols.TCPPING;
import org.jgroups.stack.IpAddress;
import org.jgroups.util.ByteArray;
import org.jgroups.util.NameCache;
import org.jgroups.util.Responses;
import org.jgroups.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Discovery by asking candidate addresses over the transport: those of {@link Candidates}, found anew on each run, and
 * those at which members were met before, so that a split heals even if the seeds are gone. Runs on threads of the
 * transport's pool; nothing here waits for an answer.
 */
final class SeedPing extends Discovery {

    /** Addresses of former members that are remembered. */
    private static final int MAX_REMEMBERED = 128;

    /** Times that a starting member asks within its join timeout: the others may be starting as well. */
    private static final int ASKS_AT_START = 4;

    private final Candidates candidates;
    private final @Nullable Path directory;
    private @Nullable HostDirectory hostDirectory;
    private final Map<PhysicalAddress, Boolean> remembered = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<PhysicalAddress, Boolean> eldest) {
            return size() > MAX_REMEMBERED;
        }
    };

    /**
     * Asks candidates.
     *
     * @param directory where to leave the own address for others on this host, or null not to
     */
    SeedPing(Candidates candidates, @Nullable Path directory) {
        this.candidates = candidates;
        this.directory = directory;
        setId(ClassConfigurator.getProtocolId(TCPPING.class));
        asyncDiscovery(true);
        numDiscoveryRuns(ASKS_AT_START);
    }

    @Override
    public boolean isDynamic() {
        return true;
    }

    @Override
    public void start() throws Exception {
        super.start();
        if (directory != null) {
            IpAddress own = (IpAddress) Objects.requireNonNull(physicalAddress(local_addr), "bound by now");
            hostDirectory = new HostDirectory(
                    directory,
                    ((UUID) local_addr).toStringLong(),
                    new InetSocketAddress(own.getIpAddress(), own.getPort()));
        }
    }

    @Override
    public void stop() {
        super.stop();
        HostDirectory left = hostDirectory;
        if (left != null) {
            left.remove();
        }
    }

    @Override
    public Object down(Event event) {
        View before = view;
        Object answer = super.down(event);
        if (event.getType() == Event.VIEW_CHANGE) {
            View now = event.getArg();
            rememberMembers(now);
            if (is_coord) {
                // Joiners know who brought them in; the coordinator tells all members of each other's addresses.
                startCacheDissemination(
                        new ArrayList<>(now.getMembers()), View.leftMembers(before, now), View.newMembers(before, now));
            }
        }
        return answer;
    }

    @Override
    public void discoveryRequestReceived(Address sender, String logicalName, PhysicalAddress address) {
        super.discoveryRequestReceived(sender, logicalName, address);
        remember(address);
    }

    /** Asks whom an answer mentions, too, so that they know the address of this member before it joins them. */
    @Override
    protected void handleDiscoveryResponse(PingData found, Address sender) {
        PhysicalAddress address = found.getPhysicalAddr();
        if (remember(address) && !found.getAddress().equals(local_addr)) {
            ask(address, question(null), header(false));
        }
        super.handleDiscoveryResponse(found, sender);
    }

    @Override
    protected void findMembers(List<Address> members, boolean initial, Responses responses) {
        HostDirectory host = hostDirectory;
        if (host != null) {
            host.renew();
        }
        ByteArray question = question(members);
        PingHeader header = header(initial);
        for (PhysicalAddress target : targets()) {
            ask(target, question, header);
        }
    }

    /** Answers for the coordinator as well: it may not be among the candidates of who asks. */
    @Override
    protected void sendDiscoveryResponse(List<PingData> own, Address asker) {
        List<PingData> answer = new ArrayList<>(own);
        Address coordinator = current_coord;
        if (coordinator != null && !coordinator.equals(local_addr)) {
            PhysicalAddress address = physicalAddress(coordinator);
            if (address != null) {
                answer.add(new PingData(coordinator, true, NameCache.get(coordinator), address).coord(true));
            }
        }
        super.sendDiscoveryResponse(answer, asker);
    }

    private Set<PhysicalAddress> targets() {
        Set<PhysicalAddress> targets = new LinkedHashSet<>();
        for (InetSocketAddress candidate : candidates.find()) {
            targets.add(new IpAddress(candidate.getAddress(), candidate.getPort()));
        }
        synchronized (remembered) {
            targets.addAll(remembered.keySet());
        }
        return targets;
    }

    private ByteArray question(@Nullable List<Address> members) {
        PingData question = new PingData(local_addr, false, NameCache.get(local_addr), physicalAddress(local_addr));
        if (members != null && members.size() <= max_members_in_discovery_request) {
            question.mbrs(members);
        }
        return marshal(question);
    }

    private PingHeader header(boolean initial) {
        return new PingHeader(PingHeader.GET_MBRS_REQ).clusterName(cluster_name).initialDiscovery(initial);
    }

    private void ask(PhysicalAddress target, ByteArray question, PingHeader header) {
        if (target.equals(physicalAddress(local_addr))) {
            return;
        }
        Message request = new BytesMessage(target)
                .setFlag(Message.Flag.DONT_BUNDLE, Message.Flag.OOB)
                .setFlag(Message.TransientFlag.DONT_LOOPBACK)
                .putHeader(id, header);
        request.setArray(question);
        down_prot.down(request);
    }

    private void rememberMembers(View newView) {
        List<PhysicalAddress> addresses = new ArrayList<>();
        for (Address member : newView.getMembers()) {
            if (!member.equals(local_addr)) {
                addresses.add(physicalAddress(member));
            }
        }
        addresses.forEach(this::remember);
    }

    /** Returns whether the address is new. */
    private boolean remember(@Nullable PhysicalAddress address) {
        if (address == null) {
            return false;
        }
        synchronized (remembered) {
            // Moves it to the young end.
            boolean known = remembered.remove(address) != null;
            remembered.put(address, Boolean.TRUE);
            return !known;
        }
    }

    private @Nullable PhysicalAddress physicalAddress(Address member) {
        return (PhysicalAddress) down_prot.down(new Event(Event.GET_PHYSICAL_ADDRESS, member));
    }
}
