package io.meshvine.mesh.interest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.Interest;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.Seed;
import io.meshvine.mesh.interest.LocalInterest.Delta;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class LocalInterestTest {

    private final LocalInterest interest = new LocalInterest();

    @Test
    void advertisesTheFirstSubscriptionAndWithdrawsWithTheLast() {
        assertThat(interest.add(ordinary("a/b", 1))).isEqualTo(added(ordinary("a/b", 1)));
        assertThat(interest.add(ordinary("a/b", 1))).isEqualTo(Delta.NONE);
        assertThat(interest.remove(ordinary("a/b", 1))).isEqualTo(Delta.NONE);
        assertThat(interest.remove(ordinary("a/b", 1))).isEqualTo(removed(ordinary("a/b", 1)));
        assertThat(interest.advertised()).isEmpty();
    }

    @Test
    void replacesAnInterestWhenItsQosChanges() {
        interest.add(ordinary("a/b", 0));
        assertThat(interest.add(ordinary("a/b", 2))).isEqualTo(added(ordinary("a/b", 2)));
        assertThat(interest.add(ordinary("a/b", 1))).isEqualTo(Delta.NONE);
        assertThat(interest.remove(ordinary("a/b", 2))).isEqualTo(added(ordinary("a/b", 1)));
        assertThat(interest.remove(ordinary("a/b", 1))).isEqualTo(added(ordinary("a/b", 0)));
        assertThat(interest.advertised()).containsExactly(ordinary("a/b", 0));
    }

    @Test
    void hidesWhatANewFilterCoversAndShowsItAgainInTheSameDelta() {
        interest.add(ordinary("a/b", 1));
        interest.add(ordinary("a/+", 0));
        interest.add(ordinary("c", 0));
        assertThat(interest.add(ordinary("a/#", 1)))
                .isEqualTo(new Delta(List.of(ordinary("a/#", 1)), List.of(ordinary("a/+", 0), ordinary("a/b", 1))));
        assertThat(interest.add(ordinary("a/x", 1))).isEqualTo(Delta.NONE);
        assertThat(interest.remove(ordinary("a/b", 1))).isEqualTo(Delta.NONE);
        assertThat(interest.remove(ordinary("a/#", 1)))
                .isEqualTo(new Delta(List.of(ordinary("a/+", 0), ordinary("a/x", 1)), List.of(ordinary("a/#", 1))));
    }

    @Test
    void doesNotHideAFilterBehindALowerQos() {
        interest.add(ordinary("a/b", 2));
        assertThat(interest.add(ordinary("#", 1))).isEqualTo(added(ordinary("#", 1)));
        assertThat(interest.add(ordinary("#", 2)))
                .isEqualTo(new Delta(List.of(ordinary("#", 2)), List.of(ordinary("a/b", 2))));
        assertThat(interest.remove(ordinary("#", 2))).isEqualTo(added(ordinary("#", 1), ordinary("a/b", 2)));
    }

    @Test
    void hidesAFilterWhoseQosFallsBelowItsCover() {
        interest.add(ordinary("#", 1));
        interest.add(ordinary("a/+", 2));
        interest.add(ordinary("a/+", 0));
        interest.add(ordinary("a/b", 2));
        assertThat(interest.remove(ordinary("a/+", 2)))
                .isEqualTo(new Delta(List.of(ordinary("a/b", 2)), List.of(ordinary("a/+", 2))));
    }

    @Test
    void doesNotHideSystemTopicsBehindAWildcard() {
        interest.add(ordinary("$SYS/#", 0));
        assertThat(interest.add(ordinary("#", 2))).isEqualTo(added(ordinary("#", 2)));
        assertThat(interest.advertised()).containsExactly(ordinary("#", 2), ordinary("$SYS/#", 0));
    }

    @Test
    void countsTheTwoFiltersOfEverythingAsOne() {
        assertThat(interest.add(ordinary("+/#", 1))).isEqualTo(added(ordinary("#", 1)));
        assertThat(interest.add(ordinary("#", 1))).isEqualTo(Delta.NONE);
        assertThat(interest.isAdvertisedOrCovered(ordinary("+/#", 1))).isTrue();
        assertThat(interest.remove(ordinary("+/#", 1))).isEqualTo(Delta.NONE);
        assertThat(interest.remove(ordinary("#", 1))).isEqualTo(removed(ordinary("#", 1)));
    }

    @Test
    void advertisesEachSharedSubscriptionForItself() {
        interest.add(ordinary("#", 2));
        assertThat(interest.add(shared("g", "a/b", 1))).isEqualTo(added(shared("g", "a/b", 1)));
        assertThat(interest.add(shared("h", "a/b", 0))).isEqualTo(added(shared("h", "a/b", 0)));
        assertThat(interest.add(shared("g", "#", 2))).isEqualTo(added(shared("g", "#", 2)));
        assertThat(interest.add(shared("g", "a/b", 2))).isEqualTo(added(shared("g", "a/b", 2)));
        assertThat(interest.isAdvertisedOrCovered(shared("h", "a/b", 1))).isFalse();
        assertThat(interest.isAdvertisedOrCovered(shared("g", "a/b", 2))).isTrue();
        assertThat(interest.remove(shared("g", "a/b", 2))).isEqualTo(added(shared("g", "a/b", 1)));
        assertThat(interest.remove(shared("g", "a/b", 1))).isEqualTo(removed(shared("g", "a/b", 1)));
        assertThat(interest.advertised())
                .containsExactlyInAnyOrder(shared("g", "#", 2), shared("h", "a/b", 0), ordinary("#", 2));
    }

    @Test
    void refusesToRemoveWhatWasNotAdded() {
        interest.add(ordinary("a", 1));
        assertThatThrownBy(() -> interest.remove(ordinary("a", 0))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> interest.remove(ordinary("b", 1))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> interest.remove(shared("g", "a", 1))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> interest.add(ordinary("a/#/b", 1))).isInstanceOf(IllegalArgumentException.class);
        assertThat(interest.advertised()).containsExactly(ordinary("a", 1));
    }

    /** The advertised set is what the definition says, says the same as all filters together, and deltas lead to it. */
    @Test
    void advertisesExactlyTheMinimalCoveringSet() {
        RandomGenerator random = Seed.random("advertisesExactlyTheMinimalCoveringSet");
        List<Interest> subscribed = new ArrayList<>();
        Map<GroupKey, Interest> mirror = new HashMap<>();
        InterestIndex peer = new InterestIndex();
        NodeId self = new NodeId(1, 1);
        for (int step = 0; step < 3_000; step++) {
            boolean add = subscribed.isEmpty() || random.nextInt(100) < (step / 300 % 2 == 0 ? 60 : 40);
            Delta delta;
            if (add) {
                String group = random.nextInt(10) == 0 ? "g" : Interest.NO_GROUP;
                Interest more = new Interest(group, TopicSamples.filter(random), random.nextInt(3));
                delta = interest.add(more);
                subscribed.add(more);
                assertThat(interest.isAdvertisedOrCovered(more)).isTrue();
            } else {
                delta = interest.remove(subscribed.remove(random.nextInt(subscribed.size())));
            }
            apply(delta, mirror);
            delta.added().forEach(i -> peer.put(self, i));
            delta.removed().forEach(i -> peer.remove(self, i));

            assertThat(Set.copyOf(interest.advertised())).as("step %d", step).isEqualTo(Set.copyOf(mirror.values()));
            assertThat(interest.size()).isEqualTo(mirror.size()).isEqualTo(peer.size(self));
            assertThat(interest.digest()).isEqualTo(peer.digest(self));
            if (step % 10 == 0) {
                assertThat(Set.copyOf(mirror.values())).isEqualTo(minimalCover(subscribed));
                assertThat(wanted(mirror.values())).isEqualTo(wanted(subscribed));
            }
        }
        while (!subscribed.isEmpty()) {
            apply(interest.remove(subscribed.remove(random.nextInt(subscribed.size()))), mirror);
        }
        assertThat(mirror).isEmpty();
        assertThat(interest.advertised()).isEmpty();
        assertThat(interest.digest()).isZero();
    }

    @Test
    void staysQuickWithAHundredThousandFilters() {
        int filters = 100_000;
        for (int i = 0; i < filters; i++) {
            interest.add(ordinary("devices/" + i + "/temperature", 1));
        }
        assertThat(interest.add(ordinary("#", 1)).removed()).hasSize(filters);
        assertThat(interest.remove(ordinary("#", 1)).added()).hasSize(filters);
        // A scan per filter would take minutes here.
        interest.add(ordinary("devices/#", 2));
        int changes = 0;
        for (int i = 0; i < filters; i++) {
            Delta delta = interest.remove(ordinary("devices/" + i + "/temperature", 1));
            changes += delta.added().size() + delta.removed().size();
        }
        assertThat(changes).isZero();
        assertThat(interest.advertised()).containsExactly(ordinary("devices/#", 2));
    }

    private static void apply(Delta delta, Map<GroupKey, Interest> mirror) {
        for (Interest i : delta.added()) {
            assertThat(mirror.put(new GroupKey(i.group(), i.filter()), i)).isNotEqualTo(i);
        }
        for (Interest i : delta.removed()) {
            assertThat(mirror.remove(new GroupKey(i.group(), i.filter()))).isEqualTo(i);
        }
    }

    private static Set<Interest> minimalCover(List<Interest> subscribed) {
        Map<GroupKey, Interest> highest = new HashMap<>();
        for (Interest i : subscribed) {
            String filter = !i.isShared() && i.filter().equals("+/#") ? "#" : i.filter();
            highest.merge(
                    new GroupKey(i.group(), filter),
                    new Interest(i.group(), filter, i.qos()),
                    (one, other) -> one.qos() >= other.qos() ? one : other);
        }
        return highest.values().stream()
                .filter(i -> i.isShared()
                        || highest.values().stream()
                                .noneMatch(other -> !other.isShared()
                                        && other.qos() >= i.qos()
                                        && !other.equals(i)
                                        && TopicFilters.covers(other.filter(), i.filter())))
                .collect(Collectors.toSet());
    }

    /** The QoS of each topic, plus 1, as all ordinary filters together want it. */
    private static int[] wanted(Iterable<Interest> interests) {
        int[] qos = new int[TopicSamples.TOPICS.size()];
        for (Interest i : interests) {
            if (!i.isShared()) {
                TopicSamples.topicsOf(i.filter()).stream().forEach(t -> qos[t] = Math.max(qos[t], i.qos() + 1));
            }
        }
        return qos;
    }

    private static Interest ordinary(String filter, int qos) {
        return new Interest(Interest.NO_GROUP, filter, qos);
    }

    private static Interest shared(String group, String filter, int qos) {
        return new Interest(group, filter, qos);
    }

    private static Delta added(Interest... interests) {
        return new Delta(List.of(interests), List.of());
    }

    private static Delta removed(Interest... interests) {
        return new Delta(List.of(), List.of(interests));
    }
}
