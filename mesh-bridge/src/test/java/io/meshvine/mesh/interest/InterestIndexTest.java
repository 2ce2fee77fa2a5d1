package io.meshvine.mesh.interest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.Interest;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.Seed;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class InterestIndexTest {

    private static final NodeId A = new NodeId(0, 1);
    private static final NodeId B = new NodeId(0, 2);
    private static final NodeId C = new NodeId(0, 3);

    private final InterestIndex index = new InterestIndex();

    @Test
    void namesEachPeerOnceAtItsHighestQos() {
        index.put(A, ordinary("a/b", 0));
        index.put(A, ordinary("a/#", 2));
        index.put(A, ordinary("+/b", 1));
        index.put(B, ordinary("a/b", 1));
        index.put(C, ordinary("x", 2));
        assertThat(index.match("a/b").peers())
                .containsExactlyInAnyOrder(new PeerInterest(A, 2), new PeerInterest(B, 1));
        assertThat(index.match("a").peers()).containsExactly(new PeerInterest(A, 2));
        assertThat(index.match("nobody")).isEqualTo(RemoteInterest.NONE);
    }

    @Test
    void replacesTheQosOfAFilter() {
        index.put(A, ordinary("a", 2));
        long version = index.version();
        index.put(A, ordinary("a", 2));
        assertThat(index.version()).isEqualTo(version);
        index.put(A, ordinary("a", 0));
        assertThat(index.version()).isGreaterThan(version);
        assertThat(index.match("a").peers()).containsExactly(new PeerInterest(A, 0));
        assertThat(index.size(A)).isEqualTo(1);
        index.remove(A, ordinary("a", 1));
        assertThat(index.isEmpty()).isTrue();
    }

    @Test
    void namesGroupsWithTheirMembers() {
        index.put(A, new Interest("g", "a/+", 1));
        index.put(B, new Interest("g", "a/+", 0));
        index.put(B, new Interest("h", "a/+", 2));
        index.put(B, new Interest("g", "a/#", 2));
        index.put(C, ordinary("#", 0));
        RemoteInterest found = index.match("a/b");
        assertThat(found.peers()).containsExactly(new PeerInterest(C, 0));
        assertThat(found.groups())
                .containsExactlyInAnyOrder(
                        new GroupInterest(
                                new GroupKey("g", "a/+"), List.of(new PeerInterest(A, 1), new PeerInterest(B, 0))),
                        new GroupInterest(new GroupKey("h", "a/+"), List.of(new PeerInterest(B, 2))),
                        new GroupInterest(new GroupKey("g", "a/#"), List.of(new PeerInterest(B, 2))));
        index.remove(B, new Interest("g", "a/+", 0));
        index.removeAll(C);
        index.remove(B, new Interest("h", "a/+", 0));
        index.remove(B, new Interest("g", "a/#", 0));
        assertThat(index.match("a/b"))
                .isEqualTo(new RemoteInterest(
                        List.of(),
                        List.of(new GroupInterest(new GroupKey("g", "a/+"), List.of(new PeerInterest(A, 1))))));
    }

    @Test
    void replacesAnOwnersTableAndNobodyElses() {
        index.put(A, ordinary("a", 0));
        index.put(A, ordinary("b", 0));
        index.put(B, ordinary("a", 1));
        index.replaceAll(A, List.of(ordinary("b", 2), new Interest("g", "c", 1)));
        assertThat(index.of(A)).containsExactlyInAnyOrder(ordinary("b", 2), new Interest("g", "c", 1));
        assertThat(index.match("a").peers()).containsExactly(new PeerInterest(B, 1));
        assertThat(index.match("b").peers()).containsExactly(new PeerInterest(A, 2));
        index.removeAll(A);
        assertThat(index.size(A)).isZero();
        assertThat(index.match("b").isEmpty()).isTrue();
        assertThat(index.isEmpty()).isFalse();
    }

    @Test
    void refusesAnInvalidFilterAndStaysAsItWas() {
        assertThatThrownBy(() -> index.put(A, ordinary("a/#/b", 0))).isInstanceOf(IllegalArgumentException.class);
        assertThat(index.isEmpty()).isTrue();
        assertThat(index.size(A)).isZero();
    }

    @Test
    void answersLikeTablesThatAreSearchedOneByOne() {
        RandomGenerator random = Seed.random("answersLikeTablesThatAreSearchedOneByOne");
        Map<NodeId, Map<GroupKey, Integer>> tables = new HashMap<>();
        for (int step = 0; step < 3_000; step++) {
            NodeId owner = new NodeId(0, random.nextInt(6));
            Interest interest = new Interest(
                    random.nextInt(4) == 0 ? "g" + random.nextInt(2) : "",
                    TopicSamples.filter(random),
                    random.nextInt(3));
            GroupKey key = new GroupKey(interest.group(), interest.filter());
            Map<GroupKey, Integer> table = tables.computeIfAbsent(owner, o -> new HashMap<>());
            int action = random.nextInt(1_000);
            if (action < 600) {
                index.put(owner, interest);
                table.put(key, interest.qos());
            } else if (action < 995) {
                index.remove(owner, interest);
                table.remove(key);
            } else {
                index.removeAll(owner);
                table.clear();
            }
            String topic = TopicSamples.TOPICS.get(random.nextInt(TopicSamples.TOPICS.size()));
            RemoteInterest found = index.match(topic);
            assertThat(qosByPeer(found.peers())).isEqualTo(expectedPeers(tables, topic));
            assertThat(found.groups().stream()
                            .collect(Collectors.toMap(GroupInterest::key, g -> qosByPeer(g.members()))))
                    .isEqualTo(expectedGroups(tables, topic));
            assertThat(index.size(owner)).isEqualTo(table.size());
        }
        for (NodeId owner : tables.keySet()) {
            InterestIndex copy = new InterestIndex();
            List<Interest> shuffled = new ArrayList<>(index.of(owner));
            Collections.reverse(shuffled);
            copy.replaceAll(owner, shuffled);
            assertThat(copy.digest(owner)).isEqualTo(index.digest(owner));
            tables.keySet().forEach(index::removeAll);
            assertThat(index.isEmpty()).isTrue();
        }
    }

    private static Map<NodeId, Integer> qosByPeer(List<PeerInterest> peers) {
        return peers.stream().collect(Collectors.toMap(PeerInterest::peer, PeerInterest::qos));
    }

    private static Map<NodeId, Integer> expectedPeers(Map<NodeId, Map<GroupKey, Integer>> tables, String topic) {
        Map<NodeId, Integer> expected = new TreeMap<>();
        tables.forEach((owner, table) -> table.forEach((key, qos) -> {
            if (key.group().isEmpty() && TopicSamples.matches(key.filter(), topic)) {
                expected.merge(owner, qos, Math::max);
            }
        }));
        return expected;
    }

    private static Map<GroupKey, Map<NodeId, Integer>> expectedGroups(
            Map<NodeId, Map<GroupKey, Integer>> tables, String topic) {
        Map<GroupKey, Map<NodeId, Integer>> expected = new HashMap<>();
        tables.forEach((owner, table) -> table.forEach((key, qos) -> {
            if (!key.group().isEmpty() && TopicSamples.matches(key.filter(), topic)) {
                expected.computeIfAbsent(key, k -> new HashMap<>()).put(owner, qos);
            }
        }));
        return expected;
    }

    private static Interest ordinary(String filter, int qos) {
        return new Interest(Interest.NO_GROUP, filter, qos);
    }
}
