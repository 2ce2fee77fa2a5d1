package io.meshvine.mesh.client;

import io.meshvine.mesh.EventLoop;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.lane.PeerService;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireReader;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds clients in the whole mesh: asks every peer for its own, and answers peers that ask. Who does not answer in time
 * is left out, and is not among those who answered. Confined to the bridge loop.
 */
public final class ClientListing implements PeerService {

    /** Number of this conversation in frames. */
    public static final int CHANNEL = 4;

    private static final Logger LOG = LoggerFactory.getLogger(ClientListing.class);

    /** Questions of this node that are open at a time. */
    private static final int MAX_SEARCHES = 32;

    /** Questions of one peer that are answered at a time. */
    private static final int MAX_ASKED = 8;

    private final EventLoop loop;
    private final Executor turns;
    private final NodeId self;
    private final ClientSource source;
    private final Map<NodeId, Conversation> peers = new HashMap<>();
    private final Map<Long, Search> searches = new HashMap<>();
    private Consumer<NodeId> wake = peer -> {};
    private long lastNumber;

    /** @param turns runs a task in a turn of the bridge, at whose end messages are sent */
    public ClientListing(EventLoop loop, Executor turns, NodeId self, ClientSource source) {
        this.loop = loop;
        this.turns = turns;
        this.self = self;
        this.source = source;
    }

    /** What is to be said to a peer, for as long as it is connected. */
    private static final class Conversation {
        final Deque<byte[]> messages = new ArrayDeque<>();
        int asked;
    }

    /** A question of this node, until all have answered or time is up. */
    private final class Search {
        private final long number = ++lastNumber;
        private final int limit;
        private final Consumer<ClientPage> done;
        private final Set<NodeId> waitingFor = new HashSet<>();
        private final Map<NodeId, List<ClientReport>> told = new HashMap<>();
        private final Map<NodeId, ClientPart> complete = new HashMap<>();

        Search(int limit, Consumer<ClientPage> done) {
            this.limit = limit;
            this.done = done;
        }

        void told(NodeId node, List<ClientReport> clients, boolean last, boolean more) {
            if (!waitingFor.contains(node)) {
                return;
            }
            List<ClientReport> all = told.computeIfAbsent(node, first -> new ArrayList<>());
            all.addAll(clients);
            if (last) {
                complete.put(node, new ClientPart(all, more));
            }
            if (last || all.size() > limit) { // nobody was asked for more
                leaveOut(node);
            }
        }

        void leaveOut(NodeId node) {
            if (waitingFor.remove(node) && waitingFor.isEmpty()) {
                finish();
            }
        }

        void finish() {
            if (searches.remove(number) != null) {
                done.accept(ClientPage.of(complete, limit));
            }
        }
    }

    /**
     * Asks this node and all connected peers. Called on the bridge loop.
     *
     * @param done is called once, on the bridge loop
     * @return false if too much is being asked already; then {@code done} is not called
     */
    public boolean find(ClientQuery query, Duration timeout, Consumer<ClientPage> done) {
        if (searches.size() >= MAX_SEARCHES) {
            return false;
        }
        Search search = new Search(query.limit(), done);
        searches.put(search.number, search);
        search.waitingFor.add(self);
        search.waitingFor.addAll(peers.keySet());
        byte[] question = ClientWire.ask(search.number, query);
        peers.keySet().forEach(peer -> say(peer, List.of(question)));
        loop.schedule(timeout, () -> turns.execute(search::finish));
        if (!ask(query, part -> search.told(self, part.clients(), true, part.more()))) {
            search.leaveOut(self);
        }
        return true;
    }

    /** Asks this node; false if it has no time. */
    private boolean ask(ClientQuery query, Consumer<ClientPart> answer) {
        try {
            source.find(query, part -> turns.execute(() -> answer.accept(part)));
            return true;
        } catch (RuntimeException busy) {
            LOG.debug("no time to look for clients", busy);
            return false;
        }
    }

    private void say(NodeId peer, List<byte[]> messages) {
        Conversation conversation = peers.get(peer);
        if (conversation != null) {
            conversation.messages.addAll(messages);
            wake.accept(peer);
        }
    }

    private void answer(NodeId peer, long number, ClientQuery query) {
        Conversation conversation = peers.get(peer);
        if (conversation == null) {
            return;
        }
        if (conversation.asked >= MAX_ASKED) {
            say(peer, List.of(ClientWire.busy(number)));
            return;
        }
        conversation.asked++;
        boolean asked = ask(query, part -> {
            conversation.asked--;
            if (peers.get(peer) == conversation) { // else its question is as void as the answer
                say(peer, ClientWire.tell(number, part));
            }
        });
        if (!asked) {
            conversation.asked--;
            say(peer, List.of(ClientWire.busy(number)));
        }
    }

    // ---- PeerService

    @Override
    public void attached(Consumer<NodeId> wakeUp) {
        wake = wakeUp;
    }

    @Override
    public void onConnected(NodeId peer, long epoch) {
        peers.put(peer, new Conversation());
    }

    @Override
    public void onInterrupted(NodeId peer) {
        peers.remove(peer);
        List.copyOf(searches.values()).forEach(search -> search.leaveOut(peer));
    }

    @Override
    public void onGone(NodeId peer) {}

    @Override
    public byte @Nullable [] next(NodeId peer) {
        Conversation conversation = peers.get(peer);
        return conversation == null ? null : conversation.messages.poll();
    }

    @Override
    public void onMessage(NodeId peer, WireReader message) throws WireException {
        ClientWire.read(message, new ClientWire.Reader() {
            @Override
            public void onAsked(long number, ClientQuery query) {
                answer(peer, number, query);
            }

            @Override
            public void onTold(long number, List<ClientReport> clients, boolean last, boolean more) {
                Search search = searches.get(number);
                if (search != null) {
                    search.told(peer, clients, last, more);
                }
            }

            @Override
            public void onBusy(long number) {
                Search search = searches.get(number);
                if (search != null) {
                    search.leaveOut(peer);
                }
            }
        });
    }

    @Override
    public void onTick() {}
}
