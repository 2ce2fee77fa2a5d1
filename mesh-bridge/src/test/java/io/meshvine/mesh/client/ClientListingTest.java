package io.meshvine.mesh.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.client.ClientQuery.Match;
import io.meshvine.mesh.client.ClientQuery.State;
import io.meshvine.mesh.sim.SimLoop;
import io.meshvine.mesh.sim.SimScheduler;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Finding clients at several nodes, whose lanes are a short cut here. */
class ClientListingTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(1);
    private static final ClientQuery ALL = new ClientQuery(Match.CONTAINS, "", State.ANY, ClientName.FIRST, 10);

    private final SimScheduler scheduler = new SimScheduler();
    private final SimLoop loop = new SimLoop(scheduler, new SplittableRandom(1), 0, 0);
    private final Map<NodeId, Node> nodes = new TreeMap<>();

    /** A node with clients, which answers on the loop unless it is silent. */
    private final class Node {
        final NodeId id;
        final List<ClientReport> clients = new ArrayList<>();
        final List<Runnable> held = new ArrayList<>();
        boolean silent;
        boolean busy;
        int most = Integer.MAX_VALUE;
        final ClientListing listing;

        Node(int number) {
            id = new NodeId(0, number);
            listing = new ClientListing(loop, loop::execute, id, this::find);
            listing.attached(peer -> loop.execute(() -> speak(peer)));
            nodes.values().forEach(other -> {
                other.listing.onConnected(id, 1);
                listing.onConnected(other.id, 1);
            });
            nodes.put(id, this);
        }

        private void find(ClientQuery query, Consumer<ClientPart> answer) {
            if (busy) {
                throw new RejectedExecutionException();
            }
            List<ClientReport> all = clients.stream()
                    .filter(each -> query.matches(each.name(), each.isConnected()))
                    .sorted((one, other) -> one.name().compareTo(other.name()))
                    .toList();
            int count = Math.min(most, Math.min(all.size(), query.limit()));
            Runnable answering = () -> answer.accept(new ClientPart(all.subList(0, count), count < all.size()));
            if (silent) {
                held.add(answering);
            } else {
                answering.run();
            }
        }

        private void speak(NodeId peer) {
            byte[] message;
            while ((message = listing.next(peer)) != null) {
                byte[] sent = message;
                loop.execute(() -> hear(nodes.get(peer), sent));
            }
        }

        private void hear(Node receiver, byte[] message) {
            try {
                receiver.listing.onMessage(id, WireReader.of(message));
            } catch (WireException e) {
                throw new AssertionError(e);
            }
        }

        Node has(String clientId, long fence, boolean connected) {
            clients.add(report(clientId, fence, connected));
            return this;
        }

        ClientPage ask(ClientQuery query) {
            List<ClientPage> answers = new ArrayList<>();
            loop.execute(
                    () -> assertThat(listing.find(query, TIMEOUT, answers::add)).isTrue());
            scheduler.runUntil(scheduler.nowNanos() + 2 * TIMEOUT.toNanos());
            assertThat(answers).hasSize(1);
            return answers.get(0);
        }
    }

    private static ClientReport report(String clientId, long fence, boolean connected) {
        return new ClientReport(
                new ClientName(clientId, ""),
                true,
                connected ? new ClientReport.Connection(5, "10.0.0.1:50000", "mqtt.tcp", 60, 1_000) : null,
                300,
                fence,
                7,
                700,
                3,
                1,
                List.of(new ClientReport.Filter("a/#", 1)));
    }

    private static List<String> ids(ClientPage page) {
        return page.clients().stream()
                .map(each -> each.client().name().clientId())
                .toList();
    }

    @Test
    void anyNodeTellsOfTheClientsOfAllInOrder() {
        Node a = new Node(1).has("c", 1, true).has("a", 1, false);
        Node b = new Node(2).has("d", 1, true).has("b", 1, true);
        for (Node asked : nodes.values()) {
            ClientPage page = asked.ask(ALL);
            assertThat(ids(page)).containsExactly("a", "b", "c", "d");
            assertThat(page.clients()).extracting(ClientPage.Located::home).containsExactly(a.id, b.id, a.id, b.id);
            assertThat(page.more()).isFalse();
            assertThat(page.answered()).containsExactlyInAnyOrder(a.id, b.id);
            assertThat(page.clients().get(3).client()).isEqualTo(report("d", 1, true));
        }
    }

    @Test
    void pagesHaveEachClientOnceWhoeverAnswersLess() {
        Node a = new Node(1);
        Node b = new Node(2);
        b.most = 2;
        Node c = new Node(3);
        TreeSet<String> expected = new TreeSet<>();
        for (int i = 0; i < 100; i++) {
            String id = "client" + i;
            expected.add(id);
            List.of(a, b, c).get(i % 3).has(id, 1, true);
        }
        List<String> told = new ArrayList<>();
        ClientName after = ClientName.FIRST;
        ClientPage page;
        do {
            page = a.ask(new ClientQuery(Match.PREFIX, "client", State.ANY, after, 7));
            told.addAll(ids(page));
            after = page.clients().get(page.clients().size() - 1).client().name();
        } while (page.more());
        assertThat(told).containsExactlyElementsOf(expected);
    }

    @Test
    void aClientAtTwoNodesIsWhereItIsConnectedOrElseWasLast() {
        Node a = new Node(1).has("x", 9, false).has("y", 4, false);
        Node b = new Node(2).has("x", 5, true).has("y", 6, false);
        ClientPage page = a.ask(ALL);
        assertThat(ids(page)).containsExactly("x", "y");
        assertThat(page.clients()).allSatisfy(each -> {
            assertThat(each.home()).isEqualTo(b.id);
            assertThat(each.alsoAt()).containsExactly(a.id);
        });
    }

    @Test
    void onlyWhatIsAskedForIsTold() {
        Node a = new Node(1).has("pump-1", 1, true).has("valve-1", 1, true);
        new Node(2).has("pump-2", 1, false).has("old-pump", 1, true);
        assertThat(ids(a.ask(new ClientQuery(Match.CONTAINS, "pump", State.ANY, ClientName.FIRST, 9))))
                .containsExactly("old-pump", "pump-1", "pump-2");
        assertThat(ids(a.ask(new ClientQuery(Match.PREFIX, "pump", State.ANY, ClientName.FIRST, 9))))
                .containsExactly("pump-1", "pump-2");
        assertThat(ids(a.ask(new ClientQuery(Match.CONTAINS, "pump", State.DISCONNECTED, ClientName.FIRST, 9))))
                .containsExactly("pump-2");
        assertThat(ids(a.ask(new ClientQuery(Match.CONTAINS, "pump", State.CONNECTED, ClientName.FIRST, 9))))
                .containsExactly("old-pump", "pump-1");
        assertThat(ids(a.ask(new ClientQuery(Match.EXACT, "pump", State.ANY, ClientName.FIRST, 9))))
                .isEmpty();
    }

    @Test
    void whoDoesNotAnswerInTimeIsNotAmongThoseWhoDid() {
        Node a = new Node(1).has("a", 1, true);
        Node silent = new Node(2).has("b", 1, true);
        silent.silent = true;
        Node busy = new Node(3).has("c", 1, true);
        busy.busy = true;
        ClientPage page = a.ask(ALL);
        assertThat(ids(page)).containsExactly("a");
        assertThat(page.answered()).containsExactly(a.id);

        silent.silent = false;
        silent.held.forEach(Runnable::run); // too late, and for nobody any more
        assertThat(ids(a.ask(ALL))).containsExactly("a", "b");
        assertThat(ids(busy.ask(ALL))).containsExactly("a", "b");
    }

    @Test
    void aNodeThatIsLostMeanwhileIsNotWaitedFor() {
        Node a = new Node(1).has("a", 1, true);
        Node b = new Node(2).has("b", 1, true);
        b.silent = true;
        List<ClientPage> answers = new ArrayList<>();
        loop.execute(() -> a.listing.find(ALL, TIMEOUT, answers::add));
        loop.execute(() -> loop.execute(() -> a.listing.onInterrupted(b.id)));
        scheduler.runUntil(scheduler.nowNanos() + TIMEOUT.toNanos() / 2);
        assertThat(answers).hasSize(1);
        assertThat(answers.get(0).answered()).containsExactly(a.id);
    }

    @Test
    void whatIsAskedAtOnceIsBounded() {
        Node a = new Node(1);
        Node b = new Node(2);
        a.silent = true;
        b.silent = true;
        List<ClientPage> answers = new ArrayList<>();
        int asked = 0;
        while (a.listing.find(ALL, TIMEOUT, answers::add)) {
            asked++;
            assertThat(asked).isLessThan(1_000);
        }
        scheduler.runUntil(scheduler.nowNanos() + TIMEOUT.toNanos() / 2);
        assertThat(b.held).hasSizeLessThan(asked);
        scheduler.runUntil(scheduler.nowNanos() + TIMEOUT.toNanos());
        assertThat(answers).hasSize(asked);
        assertThat(a.listing.find(ALL, TIMEOUT, answers::add)).isTrue();
    }

    @Test
    void longAnswersComeInMessagesOfAGoodSize() {
        Node a = new Node(1);
        Node b = new Node(2);
        String padding = "x".repeat(200);
        IntStream.range(0, 1_000).forEach(i -> b.has("%04d".formatted(i) + padding, 1, true));
        ClientPage page = a.ask(new ClientQuery(Match.CONTAINS, "", State.ANY, ClientName.FIRST, 1_000));
        assertThat(page.clients()).hasSize(1_000);
        ClientPart part = new ClientPart(b.clients, false);
        assertThat(ClientWire.tell(1, part)).hasSizeGreaterThan(10).allMatch(message -> message.length < 20_000);
    }

    @Test
    void whatIsMalformedIsRefusedAndWhatIsNewIsPassedOver() {
        byte[] question = ClientWire.ask(1, ALL);
        byte[] answer = ClientWire.tell(1, new ClientPart(List.of(report("a", 1, true)), true))
                .get(0);
        SplittableRandom random = new SplittableRandom(7);
        Node a = new Node(1);
        for (int i = 0; i < 20_000; i++) {
            byte[] whole = random.nextBoolean() ? question : answer;
            byte[] broken = Arrays.copyOf(whole, random.nextInt(1, whole.length + 1));
            broken[random.nextInt(broken.length)] = (byte) random.nextInt();
            assertThatCode(() -> {
                        try {
                            a.listing.onMessage(new NodeId(0, 2), WireReader.of(broken));
                        } catch (WireException refused) {
                            // as it should be
                        }
                    })
                    .doesNotThrowAnyException();
        }
        byte[] longer = Arrays.copyOf(question, question.length + 1);
        longer[2]++; // the length of the query's fields
        Map<Long, ClientQuery> asked = new HashMap<>();
        assertThatCode(() -> ClientWire.read(WireReader.of(longer), new ClientWire.Reader() {
                    @Override
                    public void onAsked(long number, ClientQuery query) {
                        asked.put(number, query);
                    }

                    @Override
                    public void onTold(long number, List<ClientReport> clients, boolean last, boolean more) {}

                    @Override
                    public void onBusy(long number) {}
                }))
                .doesNotThrowAnyException();
        assertThat(asked).containsEntry(1L, ALL);
    }
}
