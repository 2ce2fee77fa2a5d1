package io.meshvine.mesh;

import io.meshvine.mesh.MeshStatus.Member;
import io.meshvine.mesh.MeshStatus.Refusal;
import io.meshvine.mesh.link.PeerLink;
import io.meshvine.mesh.wire.FrameHeader;
import io.meshvine.mesh.wire.FrameKind;
import io.meshvine.mesh.wire.Hello;
import io.meshvine.mesh.wire.Position;
import io.meshvine.mesh.wire.WireFormat;
import io.meshvine.mesh.wire.WireWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who is who: turns the addresses of the view into peers with links. Confined to the bridge loop.
 *
 * <p>Both sides of an address count their sessions. A hello names the sender's session and, once known, the receiver's;
 * a pair of sessions is agreed on when each side got a hello that names its own. Hellos are repeated until then, so it
 * does not matter which of them get lost. A side that saw the other leave and return begins a new session, which
 * renews the pair on both sides; frames of any other pair are void.
 *
 * <p>Two members with one identity are a node and its next life, or a node and a copy of its data folder. So who comes
 * with the identity of a member waits until that one is out of the view; if that one answers meanwhile, who came is
 * refused. Of two with this node's own identity, the one that was there first stays.
 */
final class Membership {
    private static final Logger LOG = LoggerFactory.getLogger(Membership.class);
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final long UNKNOWN_LIFE = 0;

    /** Of two that came within so long, the number of the life says which was first. */
    private static final long SAME_TIME_MILLIS = 2_000;

    private static final long FIRST_REPEAT_NANOS = 250 * NANOS_PER_MILLI;
    private static final long LAST_REPEAT_NANOS = 5_000 * NANOS_PER_MILLI;

    /** What the bridge does about links that come and go. */
    interface Listener {
        /** Makes the link to a peer that was never seen before. */
        PeerLink newLink(NodeId peer, long epoch);

        /** The peer began a new life: of what it wanted before, only what is durable counts, until it says otherwise. */
        void onNewLife(PeerLink link);

        /** The link is interrupted, if only for a new agreement. */
        void onInterrupted(PeerLink link);

        /** The peer is gone: of what it wants, only what is durable counts. */
        void onGone(PeerLink link);

        /** A pair of sessions is agreed on. */
        void onConnected(PeerLink link);

        /** Asks a peer for a sign of life. */
        void challenge(PeerLink link);

        /** Another node has this node's identity and was there first. */
        void onElder(Refusal elder);

        /** A frame for the transport that belongs to no link yet. */
        boolean send(PeerAddress address, WireWriter frame);
    }

    /** What is known of an address in the view. */
    static final class Contact {
        final PeerAddress address;
        final int session;
        int theirSession;
        boolean agreed;
        boolean departed;

        @Nullable
        PeerLink link;

        @Nullable
        String refusal;

        @Nullable
        String reported;

        /** A hello that cannot be answered yet. */
        private @Nullable Waiting waiting;

        private long repeatAfterNanos = FIRST_REPEAT_NANOS;
        private long lastHelloNanos;

        Contact(PeerAddress address, int session) {
            this.address = address;
            this.session = session;
        }

        /** Whether a frame is for the pair of sessions as this side knows it. */
        boolean isCurrent(FrameHeader header) {
            return theirSession != 0 && header.source() == theirSession && header.destination() == session;
        }
    }

    /**
     * A hello that waits.
     *
     * @param rival who has that identity in the view; null if the hello waits for something else
     */
    private record Waiting(
            FrameHeader header, Hello hello, @Nullable Contact rival, long sinceNanos) {}

    private final MeshOptions options;
    private final NodeId self;
    private final long epoch;
    private final EventLoop clock;
    private final Listener listener;

    private final Map<PeerAddress, Contact> contacts = new HashMap<>();
    private final Map<NodeId, Contact> contactOf = new HashMap<>();
    private final Map<NodeId, PeerLink> links = new TreeMap<>();
    private final Map<NodeId, Member> members = new TreeMap<>();

    /** The last life of each peer that something was exchanged with: earlier ones are over. */
    private final Map<NodeId, Long> agreedEpochs = new HashMap<>();

    private final Map<NodeId, Integer> maxPublishBytes = new HashMap<>();
    private final FirstMeeting firstMeeting;
    private final long startedNanos;
    private int sessions;

    /** Whether another node with this one's identity was there first: nobody is agreed with any more. */
    private boolean displaced;

    Membership(MeshOptions options, NodeId self, long epoch, EventLoop clock, Listener listener) {
        this.options = options;
        this.self = self;
        this.epoch = epoch;
        this.clock = clock;
        this.listener = listener;
        this.firstMeeting = new FirstMeeting(clock);
        this.startedNanos = clock.nanoTime();
    }

    /** The transport reports who can be reached. */
    void onView(Set<PeerAddress> view, PeerAddress own) {
        firstMeeting.onView(view, own);
        for (Contact contact : List.copyOf(contacts.values())) {
            if (!view.contains(contact.address)) {
                contacts.remove(contact.address);
                release(contact);
            }
        }
        for (PeerAddress address : view) {
            if (!address.equals(own) && !contacts.containsKey(address)) {
                sessions++;
                Contact contact = new Contact(address, sessions);
                contacts.put(address, contact);
                sendHello(contact);
            }
        }
        greetWaiting();
    }

    /** The peer says that it leaves. */
    void onGoodbye(Contact contact) {
        contact.departed = true;
        release(contact);
        greetWaiting();
    }

    private void release(Contact contact) {
        PeerLink link = contact.link;
        contact.link = null;
        contact.agreed = false;
        if (link != null) {
            contactOf.remove(link.peer());
            link.disconnect();
            listener.onInterrupted(link);
            listener.onGone(link);
            LOG.info("peer {} left", describe(link.peer()));
        }
    }

    /** A hello came. */
    void onHello(PeerAddress from, FrameHeader header, Hello hello) {
        Contact contact = contacts.get(from);
        if (contact == null || contact.departed || header.source() < contact.theirSession) {
            return; // not in the view yet, about to leave it, or overtaken: whoever matters repeats its hello
        }
        boolean firstMet = !firstMeeting.isOver();
        firstMeeting.heard(from);
        greet(contact, header, hello);
        if (firstMet && firstMeeting.isOver()) {
            greetWaiting();
        }
    }

    private void greetWaiting() {
        for (Contact contact : List.copyOf(contacts.values())) {
            Waiting waiting = contact.waiting;
            if (waiting != null && !contact.departed) {
                greet(contact, waiting.header, waiting.hello);
            }
        }
    }

    private void greet(Contact contact, FrameHeader header, Hello hello) {
        if (displaced) {
            return;
        }
        String problem = problemWith(hello, contact);
        if (problem == null && mustWait(contact, header, hello)) {
            return;
        }
        contact.waiting = null;
        if (problem != null) {
            refuse(contact, problem);
            return;
        }
        contact.refusal = null;
        boolean newSession = header.source() != contact.theirSession;
        PeerLink link = contact.link;
        if (newSession || link == null) {
            link = begin(contact, header.source(), hello);
        }
        boolean agrees = !contact.agreed && header.destination() == contact.session;
        if (agrees) {
            contact.agreed = true;
            agreedEpochs.put(hello.id(), hello.epoch());
        }
        if (hello.wantsReply() || newSession) {
            sendHello(contact); // before any other frame of this pair
        }
        if (agrees) {
            link.connect(
                    contact.address,
                    contact.session,
                    contact.theirSession,
                    hello.acceptedThrough(),
                    hello.receivedThrough());
            listener.onConnected(link);
            LOG.info("peer {} connected", describe(link.peer()));
        }
    }

    private PeerLink begin(Contact contact, int theirSession, Hello hello) {
        NodeId id = hello.id();
        Contact before = contactOf.put(id, contact);
        if (before != null && before != contact) {
            before.link = null; // an earlier life
            before.departed = true;
        }
        Member known = members.put(id, new Member(id, hello.nodeName(), hello.epoch(), hello.addresses()));
        maxPublishBytes.put(id, hello.maxPublishBytes());
        PeerLink link = links.computeIfAbsent(id, absent -> listener.newLink(absent, hello.epoch()));
        if (known != null) {
            listener.onInterrupted(link);
        }
        if (link.peerEpoch() != hello.epoch()) {
            link.beginLife(hello.epoch());
            listener.onNewLife(link);
        }
        contact.link = link;
        contact.theirSession = theirSession;
        contact.agreed = false;
        link.greet(hello.flightWindowBytes());
        return link;
    }

    private @Nullable String problemWith(Hello hello, Contact contact) {
        String who = hello.nodeName() + " (" + hello.id() + ")";
        if (!hello.meshName().equals(options.meshName())) {
            return who + " belongs to mesh " + hello.meshName() + ", this node to " + options.meshName();
        }
        if (hello.oldestVersion() > WireFormat.VERSION || hello.newestVersion() < WireFormat.OLDEST_VERSION) {
            return who + " speaks protocol versions " + hello.oldestVersion() + " to " + hello.newestVersion()
                    + ", this node " + WireFormat.OLDEST_VERSION + " to " + WireFormat.VERSION;
        }
        if (hello.id().equals(self)) {
            return twin(who, hello, contact);
        }
        long agreed = agreedEpochs.getOrDefault(hello.id(), UNKNOWN_LIFE);
        if (hello.epoch() < agreed) {
            return who + " speaks with epoch " + hello.epoch() + " after " + agreed
                    + ": is its data folder an old copy?";
        }
        if (contact.link != null && !contact.link.peer().equals(hello.id())) {
            return who + " was " + describe(contact.link.peer()) + " at the same address before";
        }
        return isRefuted(contact)
                ? who + " at " + reachable(hello) + " came while a node with that identity was there and answered:"
                        + " its data folder is a copy; give it one of its own"
                : null;
    }

    /** Two nodes with this node's identity: the later one has to leave. */
    private String twin(String who, Hello hello, Contact contact) {
        if (!isElder(hello)) {
            return who + " at " + reachable(hello)
                    + " came after this node with the same identity: its data folder is a"
                    + " copy; give it one of its own";
        }
        String problem = who + " at " + reachable(hello) + " was there first with this node's identity: the data folder"
                + " of this node is a copy; start it with an empty one";
        displaced = true;
        listener.onElder(new Refusal(contact.address, problem));
        return problem;
    }

    private boolean isElder(Hello hello) {
        long ahead = hello.aliveMillis() == Hello.UNKNOWN ? 0 : hello.aliveMillis() - aliveMillis();
        return Math.abs(ahead) > SAME_TIME_MILLIS ? ahead > 0 : hello.epoch() < epoch;
    }

    private long aliveMillis() {
        return (clock.nanoTime() - startedNanos) / NANOS_PER_MILLI;
    }

    private static String reachable(Hello hello) {
        return new TreeMap<>(hello.addresses()).toString();
    }

    /** Whether who came must not be agreed with yet; then its hello is looked at again. */
    private boolean mustWait(Contact contact, FrameHeader header, Hello hello) {
        Contact other = contactOf.get(hello.id());
        Contact rival = other == contact ? null : other;
        if (rival == null && firstMeeting.isOver()) {
            return false;
        }
        Waiting before = contact.waiting;
        long since = before != null && before.rival == rival ? before.sinceNanos : clock.nanoTime();
        contact.waiting = new Waiting(header, hello, rival, since);
        if (rival != null && rival.agreed && rival.link != null) {
            listener.challenge(rival.link);
        }
        return true;
    }

    /** Whether the member with the identity of one that waits has answered meanwhile, so that it is no earlier life. */
    private boolean isRefuted(Contact contact) {
        Waiting waiting = contact.waiting;
        if (waiting == null || waiting.rival == null || contactOf.get(waiting.hello.id()) != waiting.rival) {
            return false;
        }
        PeerLink link = waiting.rival.link;
        return link != null && waiting.rival.agreed && link.hasAnsweredSince(waiting.sinceNanos);
    }

    private void refuse(Contact contact, String problem) {
        if (!problem.equals(contact.refusal)) {
            LOG.warn("refused {}: {}", contact.address, problem);
            contact.refusal = problem;
        }
        release(contact);
    }

    private void sendHello(Contact contact) {
        contact.lastHelloNanos = clock.nanoTime();
        PeerLink link = contact.link;
        Hello hello = new Hello(
                WireFormat.OLDEST_VERSION,
                WireFormat.VERSION,
                options.meshName(),
                self,
                epoch,
                options.nodeName(),
                options.addresses(),
                options.maxPublishBytes(),
                !contact.agreed,
                link == null ? Position.NONE : link.acceptedThrough(),
                link == null ? Position.NONE : link.receivedThrough(),
                options.flightWindowBytes(),
                aliveMillis());
        byte[] payload = hello.encode();
        WireWriter frame = new WireWriter(FrameHeader.MAX_BYTES + payload.length);
        new FrameHeader(FrameKind.HELLO, contact.session, contact.theirSession, 0).write(frame);
        listener.send(contact.address, frame.writeRaw(payload));
    }

    /** Repeats hellos that were not answered, and looks again at those that wait. */
    void repeatHellos() {
        greetWaiting();
        long now = clock.nanoTime();
        for (Contact contact : contacts.values()) {
            if (!contact.agreed && !contact.departed && now - contact.lastHelloNanos >= contact.repeatAfterNanos) {
                contact.repeatAfterNanos = Math.min(2 * contact.repeatAfterNanos, LAST_REPEAT_NANOS);
                sendHello(contact);
            }
        }
    }

    @Nullable
    Contact contact(PeerAddress address) {
        return contacts.get(address);
    }

    @Nullable
    PeerLink link(NodeId peer) {
        return links.get(peer);
    }

    /** All links, also those to absent peers, in order of node ids. */
    Collection<PeerLink> links() {
        return links.values();
    }

    /**
     * Takes note of a peer that is away and may come back; makes its link unless there is one. What life it is in only
     * the peer itself can say.
     */
    PeerLink know(NodeId id, String name, long absentNanos) {
        members.computeIfAbsent(id, absent -> new Member(absent, name, UNKNOWN_LIFE, Map.of()));
        PeerLink link = links.get(id);
        if (link == null) {
            link = listener.newLink(id, UNKNOWN_LIFE);
            link.absentFor(absentNanos);
            links.put(id, link);
        }
        return link;
    }

    /** The display name of a peer; "" if it is not known. */
    String name(NodeId peer) {
        Member member = members.get(peer);
        return member == null ? "" : member.name();
    }

    /** Forgets a peer that has been away for long and for whom nothing is kept. */
    void forget(NodeId peer) {
        links.remove(peer);
        members.remove(peer);
        agreedEpochs.remove(peer);
        maxPublishBytes.remove(peer);
    }

    /** The largest publish that a peer takes. */
    int maxPublishBytes(NodeId peer) {
        return Math.min(options.maxPublishBytes(), maxPublishBytes.getOrDefault(peer, Integer.MAX_VALUE));
    }

    Collection<Member> members() {
        return members.values();
    }

    List<Refusal> refusals() {
        List<Refusal> refusals = new ArrayList<>();
        for (Contact contact : contacts.values()) {
            if (contact.refusal != null) {
                refusals.add(new Refusal(contact.address, contact.refusal));
            }
        }
        return refusals;
    }

    /** Name and id of a peer, for people. */
    String describe(NodeId peer) {
        Member member = members.get(peer);
        return member == null || member.name().isEmpty() ? peer.toString() : member.name() + " (" + peer + ")";
    }
}
