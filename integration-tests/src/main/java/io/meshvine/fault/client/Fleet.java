package io.meshvine.fault.client;

import io.meshvine.fault.ledger.Ledger;
import io.meshvine.fault.ledger.LedgerReport;
import io.meshvine.fault.ledger.Receiver;
import io.meshvine.fault.ledger.RetainedView;
import io.meshvine.fault.ledger.Stream;
import io.meshvine.fault.ledger.Wills;
import io.meshvine.harness.ChildProcess;
import io.netty.handler.codec.mqtt.MqttVersion;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * All clients of a run: at every node publishers of each QoS and of retained messages, subscribers with durable and
 * clean sessions in both versions of MQTT, and somebody who watches wills. Used by the thread of the run.
 */
public final class Fleet implements AutoCloseable {
    private static final String TOPICS = "f/";
    private static final String RETAINED_TOPICS = "r/";
    private static final String CONTESTED_TOPIC = "r/contested";
    private static final Load RETAINED_LOAD = new Load(2, 10, 0);
    private static final int EXACTLY_ONCE = 2;
    private static final Duration START_LIMIT = Duration.ofSeconds(20);
    /** Between two sums of the ledger, which take a while. */
    private static final Duration OUTSTANDING_INTERVAL = Duration.ofMillis(250);

    private static final Duration RETAINED_TIME = Duration.ofSeconds(1);

    private static final List<String> WAYS = List.of("DISCONNECT", "a closed socket", "a second connection");

    private final ClientLoop loop;
    private final Ledger ledger;
    private final Wills wills = new Wills();
    private final List<InetSocketAddress> brokers;
    private final List<PublishingClient> publishers = new ArrayList<>();
    private final List<ReceivingClient> receivers = new ArrayList<>();
    private final List<ReceivingClient> absentees = new ArrayList<>();
    private final List<MqttClient> others = new ArrayList<>();
    private final List<ReceivingClient> roamers = new ArrayList<>();
    private int clients;

    /** Without clients so far. */
    public Fleet(ClientLoop loop, List<InetSocketAddress> brokers) {
        this.loop = loop;
        this.ledger = new Ledger(brokers.size());
        this.brokers = List.copyOf(brokers);
    }

    /** Clients of every kind at every node. */
    public void everybody(Load load) {
        for (int node = 0; node < brokers.size(); node++) {
            publisher(node, 0, load);
            publisher(node, 1, load);
            publisher(node, 2, load);
            String own = RETAINED_TOPICS + "n" + (node + 1);
            publisher(node, ledger.retainedStream(own, node), RETAINED_LOAD, true);
            publisher(node, ledger.retainedStream(CONTESTED_TOPIC, node), RETAINED_LOAD, true);
            for (MqttVersion version : List.of(MqttVersion.MQTT_5, MqttVersion.MQTT_3_1_1)) {
                receiver("durable", node, version, true);
                receiver("clean", node, version, false);
            }
            absentees.add(receiver("away", node, MqttVersion.MQTT_5, true));
            others.add(new WillWatcher(
                    loop, identity("watch", MqttVersion.MQTT_5, false), brokers.get(node), wills, node));
        }
    }

    /** Subscribers with durable sessions who move when {@link #roam} says so. */
    public void roamers(int count) {
        for (int i = 0; i < count; i++) {
            MqttVersion version = i % 2 == 0 ? MqttVersion.MQTT_5 : MqttVersion.MQTT_3_1_1;
            roamers.add(receiver("roaming", i % brokers.size(), version, true));
        }
    }

    /** A publisher of a stream of its own. */
    public void publisher(int node, int qos, Load load) {
        publisher(node, ledger.stream(topic(node, qos), qos, node), load, false);
    }

    /** A subscriber of everything, with MQTT 5. */
    public void subscriber(int node, boolean durable) {
        receiver(durable ? "durable" : "clean", node, MqttVersion.MQTT_5, durable);
    }

    private static String topic(int node, int qos) {
        return TOPICS + "n" + (node + 1) + "/qos" + qos;
    }

    private Identity identity(String kind, MqttVersion version, boolean durable) {
        return new Identity(kind + "-" + ++clients, version, durable);
    }

    private void publisher(int node, Stream stream, Load load, boolean retained) {
        MqttVersion version = stream.qos() == 1 && !retained ? MqttVersion.MQTT_3_1_1 : MqttVersion.MQTT_5;
        publishers.add(new PublishingClient(
                loop, identity("publisher", version, true), brokers.get(node), ledger, stream, load, retained));
    }

    private ReceivingClient receiver(String kind, int node, MqttVersion version, boolean durable) {
        Identity identity = identity(kind, version, durable);
        Receiver receiver = ledger.receiver(identity.clientId(), durable, EXACTLY_ONCE, node);
        ReceivingClient client = new ReceivingClient(loop, identity, brokers.get(node), ledger, receiver, TOPICS + "#");
        receivers.add(client);
        return client;
    }

    /** Connects everybody and waits for the SUBACKs. */
    public void connect() {
        loop.run(() -> {
            others.forEach(MqttClient::connect);
            receivers.forEach(MqttClient::connect);
        });
        if (!await(START_LIMIT, () -> receivers.stream().allMatch(ReceivingClient::isSubscribed))) {
            throw new IllegalStateException("no SUBACK for "
                    + receivers.stream()
                            .filter(receiver -> !receiver.isSubscribed())
                            .map(receiver -> receiver.receiver().name())
                            .toList());
        }
        loop.run(() -> publishers.forEach(MqttClient::connect));
    }

    public void startPublishing() {
        loop.run(() -> publishers.forEach(PublishingClient::start));
    }

    /** Stops and waits until nothing waits for an acknowledgement; false if that takes too long. */
    public boolean stopPublishing(Duration limit) {
        loop.run(() -> publishers.forEach(PublishingClient::stop));
        return await(limit, () -> publishers.stream().allMatch(PublishingClient::isSettled));
    }

    /** At each node one subscriber with a durable session leaves. */
    public void sendAway() {
        loop.run(() -> absentees.forEach(MqttClient::leave));
    }

    /** They come back. */
    public void bringBack() {
        loop.run(() -> absentees.forEach(MqttClient::connect));
    }

    /** Somebody who roams goes to another node, in one of the ways that there are. Returns who, when, where and how. */
    public String roam(Random random) {
        return roam(random, IntStream.range(0, brokers.size()).boxed().collect(Collectors.toSet()));
    }

    /** The same, to one of these nodes. */
    public String roam(Random random, Set<Integer> nodes) {
        return roam(roamers.get(random.nextInt(roamers.size())), random, nodes);
    }

    /** All who roam go to these nodes, unless they are there. */
    public List<String> gather(Random random, Set<Integer> nodes) {
        return roamers.stream()
                .filter(roamer ->
                        !nodes.contains(loop.call(() -> roamer.receiver().node())))
                .map(roamer -> roam(roamer, random, nodes))
                .toList();
    }

    /** Waits until all who roam are connected. False if that takes too long. */
    public boolean awaitRoamers() {
        return await(START_LIMIT, () -> roamers.stream().allMatch(MqttClient::isConnected));
    }

    private String roam(ReceivingClient roamer, Random random, Set<Integer> nodes) {
        int way = random.nextInt(WAYS.size());
        int choice = random.nextInt(Integer.MAX_VALUE);
        return loop.call(() -> {
            int before = roamer.receiver().node();
            List<Integer> others =
                    nodes.stream().filter(node -> node != before).sorted().toList();
            int next = others.get(choice % others.size());
            if (way == 0) {
                roamer.leave();
            } else if (way == 1) {
                roamer.vanish();
            }
            roamer.receiver().moveTo(next);
            roamer.roam(brokers.get(next));
            return String.format(
                    "+%d ms %s from n%d to n%d by %s",
                    loop.nowMillis(), roamer.receiver().name(), before + 1, next + 1, WAYS.get(way));
        });
    }

    /** From now on delays are measured anew. */
    public void resetDelays() {
        loop.run(ledger::resetDelays);
    }

    /** 99 of 100 messages since the last reset arrived at subscribers of that node within so many milliseconds. */
    public int p99Millis(int node) {
        return loop.call(() -> ledger.p99Millis(node));
    }

    /** A client with a will connects to a node; returns the will's name, which is its topic. */
    public String placeWill(int node) {
        String will = "w/" + clients;
        WillClient client = new WillClient(
                loop, new Identity("will-" + ++clients, MqttVersion.MQTT_5, false, will), brokers.get(node));
        loop.run(client::connectOnce);
        if (!await(START_LIMIT, client::isConnected)) {
            throw new IllegalStateException("no CONNACK for " + will);
        }
        return will;
    }

    /** The client with that will is lost now, and watchers at the given nodes wait for it. */
    public void expectWill(String will, Set<Integer> watchers) {
        loop.run(() -> wills.expect(will, watchers, loop.nowMillis()));
    }

    /** Waits until every will has arrived that should. */
    public void awaitWills(Duration limit) {
        await(limit, () -> wills.report().missing() == 0);
    }

    public Wills.Report willReport() {
        return loop.call(wills::report);
    }

    /** Waits until everything promised has arrived; how much has not, when the limit is reached. */
    public long awaitDelivered(Duration limit) {
        long start = System.nanoTime();
        long outstanding = loop.call(ledger::outstanding);
        while (outstanding > 0 && System.nanoTime() - start < limit.toNanos()) {
            pause(OUTSTANDING_INTERVAL);
            outstanding = loop.call(ledger::outstanding);
        }
        return outstanding;
    }

    /** Asks each node for its retained messages; how many topics are wrong somewhere. */
    public int wrongRetained() {
        List<RetainedReader> readers = new ArrayList<>();
        for (InetSocketAddress broker : brokers) {
            readers.add(new RetainedReader(loop, identity("reader", MqttVersion.MQTT_5, false), broker));
        }
        loop.run(() -> readers.forEach(MqttClient::connect));
        pause(RETAINED_TIME);
        return loop.call(() -> {
            readers.forEach(MqttClient::leave);
            List<RetainedView> views =
                    readers.stream().map(RetainedReader::view).toList();
            return ledger.wrongRetained(views);
        });
    }

    /** From now on these nodes cannot reach those. */
    public void separate(Set<Integer> ones, Set<Integer> others) {
        loop.run(() -> ones.forEach(one -> others.stream()
                .filter(other -> !other.equals(one))
                .forEach(other -> ledger.separations().begin(one, other, loop.nowMillis()))));
    }

    /** From now on the mesh is one again. */
    public void reunite() {
        loop.run(() -> ledger.separations().endAll(loop.nowMillis()));
    }

    /** From now on nodes have to serve their own clients without a break. */
    public void beginWatch() {
        loop.run(() -> ledger.beginWatch(loop.nowMillis()));
    }

    public void endWatch() {
        loop.run(() -> ledger.endWatch(loop.nowMillis()));
    }

    public LedgerReport report() {
        return loop.call(ledger::report);
    }

    private boolean await(Duration limit, BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!loop.call(condition::getAsBoolean)) {
            if (System.nanoTime() - start > limit.toNanos()) {
                return false;
            }
            ChildProcess.pause();
        }
        return true;
    }

    private static void pause(Duration time) {
        long start = System.nanoTime();
        while (System.nanoTime() - start < time.toNanos()) {
            ChildProcess.pause();
        }
    }

    @Override
    public void close() {
        loop.run(() -> {
            publishers.forEach(MqttClient::vanish);
            receivers.forEach(MqttClient::vanish);
            others.forEach(MqttClient::vanish);
        });
    }
}
