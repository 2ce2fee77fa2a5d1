package io.meshvine.it;

import static io.meshvine.it.wire.PacketType.PINGRESP;
import static io.meshvine.it.wire.PacketType.PUBLISH;
import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.it.harness.Clause;
import io.meshvine.it.harness.EachPlacement;
import io.meshvine.it.harness.Placement;
import io.meshvine.it.wire.Packet;
import io.meshvine.it.wire.Packets;
import io.meshvine.it.wire.Publish;
import io.meshvine.it.wire.RawClient;
import io.meshvine.it.wire.Subscribe;
import io.meshvine.it.wire.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Which filters match which topics. */
class TopicFilterIT extends BrokerTest {

    /** Filters below the test's topic, and the topics of {@link #TOPICS} that they match; "" is the test's topic. */
    private static final Map<String, Set<String>> MATCHES = Map.ofEntries(
            Map.entry("/#", Set.of("", "/", "/a", "/A", "/a/", "/a/b", "/a/b/c", "//b", "/a//c", "/ä 🚀", "/\ufeffa")),
            Map.entry("/+", Set.of("/", "/a", "/A", "/ä 🚀", "/\ufeffa")),
            Map.entry("/+/+", Set.of("/a/", "/a/b", "//b")),
            Map.entry("/+/b", Set.of("/a/b", "//b")),
            Map.entry("/a", Set.of("/a")),
            Map.entry("/A", Set.of("/A")),
            Map.entry("/a/", Set.of("/a/")),
            Map.entry("/a/+", Set.of("/a/", "/a/b")),
            Map.entry("/a/#", Set.of("/a", "/a/", "/a/b", "/a/b/c", "/a//c")),
            Map.entry("/a/b/#", Set.of("/a/b", "/a/b/c")),
            Map.entry("/+/b/#", Set.of("/a/b", "/a/b/c", "//b")),
            Map.entry("/a/+/c", Set.of("/a/b/c", "/a//c")),
            Map.entry("/+/+/+", Set.of("/a/b/c", "/a//c")),
            Map.entry("//b", Set.of("//b")),
            Map.entry("//+", Set.of("//b")),
            Map.entry("/ä 🚀", Set.of("/ä 🚀")),
            Map.entry("/\ufeffa", Set.of("/\ufeffa")),
            Map.entry("/b/#", Set.of()),
            Map.entry("/a//", Set.of()));

    private static final List<String> TOPICS =
            List.of("", "/", "/a", "/A", "/a/", "/a/b", "/a/b/c", "//b", "/a//c", "/ä 🚀", "/\ufeffa");

    @EachPlacement
    @Clause(
            value = {"MQTT-3.3.2-3", "MQTT-4.7.1-1", "MQTT-4.7.1-2", "MQTT-4.7.3-4", "1.5.4", "4.7.3"},
            v311 = {"MQTT-4.7.1-2", "MQTT-4.7.1-3", "MQTT-4.7.3-4", "MQTT-1.5.3-3", "MQTT-3.3.2-3"})
    void matchTopicsLevelByLevel(Placement placement, Version version) {
        Map<String, Set<String>> received = new TreeMap<>();
        RawClient publisher = publisher(placement, version);
        for (String filter : MATCHES.keySet()) {
            RawClient subscriber = subscriber(placement, version);
            subscriber.subscribe(topic() + filter, 0);
            subscriber.subscribe(topic() + "marker", 0);
            TOPICS.forEach(topic -> publisher.send(Publish.to(topic() + topic)));
            publisher.send(Publish.to(topic() + "marker").payload("marker"));
            Set<String> topics = new TreeSet<>();
            subscriber
                    .receiveUntil("marker")
                    .forEach(packet -> topics.add(packet.topic().substring(topic().length())));
            received.put(filter, topics);
            subscriber.close();
        }

        assertThat(received).containsExactlyInAnyOrderEntriesOf(MATCHES);
    }

    @EachPlacement
    @Clause(value = "MQTT-4.7.2-1", v311 = "MQTT-4.7.2-1")
    void beginningWithAWildcardMatchNoTopicOfTheServer(Placement placement, Version version) {
        RawClient subscriber = subscriber(placement, version);
        subscriber.subscribe("#", 0);
        subscriber.subscribe("+/broker/uptime", 0);
        subscriber.subscribe("+/" + topic(), 0);
        RawClient publisher = publisher(placement, version);

        publisher.send(Publish.to("$it/" + topic()).payload("hidden"));
        publisher.send(Publish.to(topic()).payload("marker " + topic()));

        List<Packet> others = subscriber.receiveUntil("marker " + topic());
        assertThat(others).noneMatch(packet -> packet.topic().startsWith("$"));
    }

    @EachPlacement
    @Clause(value = "4.7.2", v311 = "4.7.2")
    void namingTheServersTreeMatchIt(Placement placement, Version version) {
        RawClient subscriber = subscriber(placement, version);
        subscriber.subscribe("$SYS/+/version", 0);
        subscriber.subscribe("$SYS/#", 0);

        assertThat(subscriber.receive().topic()).isEqualTo("$SYS/broker/version");
        assertThat(subscriber.receive().topic()).startsWith("$SYS/");
    }

    @EachPlacement
    @Clause(value = "MQTT-4.7.3-3", v311 = "MQTT-4.7.3-3")
    void matchLongTopics(Placement placement) {
        String longLevel = "x".repeat(65_535 - topic("").length());
        RawClient subscriber = subscriber(placement, Version.V5);
        subscriber.subscribe(topic(longLevel), 0);
        String manyLevels = "l/".repeat(100) + "end";
        subscriber.subscribe(topic(manyLevels), 0);
        RawClient publisher = publisher(placement, Version.V5);

        publisher.send(Publish.to(topic(longLevel)));
        publisher.send(Publish.to(topic(manyLevels)));

        assertThat(subscriber.receive().topic()).hasSize(65_535);
        assertThat(subscriber.receive().topic()).isEqualTo(topic(manyLevels));
    }

    @EachPlacement
    @Clause("MQTT-4.7.1-2")
    void mayBeHeldInManyAtOnce(Placement placement) {
        RawClient subscriber = subscriber(placement, Version.V5);
        List<String> filters = new ArrayList<>();
        Subscribe subscribe = Subscribe.toNothing();
        for (int i = 0; i < 1_000; i++) {
            filters.add(topic("many/" + i + "/+"));
            subscribe.and(filters.get(i), i % 3);
        }
        assertThat(subscriber.subscribe(subscribe).reasonCodes()).hasSize(1_000).containsOnly(0, 1, 2);
        RawClient publisher = publisher(placement, Version.V5);

        for (int i = 0; i < 1_000; i += 37) {
            publisher.send(Publish.to(topic("many/" + i + "/x")).payload("n" + i));
            assertThat(subscriber.receive().text()).isEqualTo("n" + i);
        }
        subscriber.unsubscribe(filters.toArray(String[]::new));
        subscriber.send(Packets.pingreq());
        assertThat(subscriber.next().type()).isEqualTo(PINGRESP).isNotEqualTo(PUBLISH);
    }
}
