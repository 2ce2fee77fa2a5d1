package io.meshvine.mesh.interest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meshvine.mesh.Seed;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class FilterTrieTest {

    private final FilterTrie<String> trie = new FilterTrie<>();

    @Test
    void matchesLikeTheNaiveMatcherWhateverWasAddedAndRemoved() {
        RandomGenerator random = Seed.random("matchesLikeTheNaiveMatcherWhateverWasAddedAndRemoved");
        Map<String, String> naive = new TreeMap<>();
        for (int i = 0; i < 20_000; i++) {
            String filter = TopicSamples.filter(random);
            if (random.nextInt(100) < (i / 2_000 % 2 == 0 ? 70 : 30)) {
                add(filter);
                naive.put(filter, filter);
            } else {
                remove(filter);
                naive.remove(filter);
            }
            String topic = TopicSamples.TOPICS.get(random.nextInt(TopicSamples.TOPICS.size()));
            assertThat(matching(topic))
                    .as("step %d, topic %s", i, topic)
                    .containsExactlyInAnyOrderElementsOf(select(naive, f -> TopicSamples.matches(f, topic)));
            assertThat(trie.get(filter)).isEqualTo(naive.get(filter));
            assertThat(trie.size()).isEqualTo(naive.size());
        }
    }

    @Test
    void findsCoveredAndCoveringFiltersLikeTheNaiveDefinition() {
        RandomGenerator random = Seed.random("findsCoveredAndCoveringFiltersLikeTheNaiveDefinition");
        for (int round = 0; round < 60; round++) {
            FilterTrie<String> some = new FilterTrie<>();
            Map<String, String> naive = new TreeMap<>();
            for (int i = 0; i < 20; i++) {
                String filter = TopicSamples.filter(random);
                some.compute(filter, none -> filter);
                naive.put(filter, filter);
            }
            String asked = TopicSamples.filter(random);
            List<String> covered = new ArrayList<>();
            some.forEachCovered(asked, covered::add);
            assertThat(covered)
                    .as("covered by %s", asked)
                    .containsExactlyInAnyOrderElementsOf(select(naive, f -> TopicSamples.covers(asked, f)));
            List<String> covering = new ArrayList<>();
            assertThat(some.anyCovering(asked, f -> !covering.add(f))).isFalse();
            assertThat(covering)
                    .as("covering %s", asked)
                    .containsExactlyInAnyOrderElementsOf(select(naive, f -> TopicSamples.covers(f, asked)));
        }
    }

    @Test
    void stopsAtTheFirstCoveringFilterThatFulfilsTheCondition() {
        List.of("#", "a/#", "a/+").forEach(this::add);
        List<String> asked = new ArrayList<>();
        assertThat(trie.anyCovering("a/b", asked::add)).isTrue();
        assertThat(asked).hasSize(1);
    }

    @Test
    void keepsEmptyLevelsApart() {
        List.of("a", "a/", "a//", "/a", "//a", "/", "//", "a//b", "a/b").forEach(this::add);
        trie.forEach((filter, value) -> assertThat(matching(filter)).containsExactly(filter));
        assertThat(trie.size()).isEqualTo(9);
    }

    @Test
    void reportsFiltersInOrder() {
        List.of("b", "a/#", "a", "#", "a/+/c", "$SYS/x", "/", "a/b").forEach(this::add);
        List<String> filters = new ArrayList<>();
        trie.forEach((filter, value) -> {
            assertThat(value).isEqualTo(filter);
            filters.add(filter);
        });
        assertThat(filters).containsExactly("#", "/", "$SYS/x", "a", "a/#", "a/+/c", "a/b", "b");
    }

    @Test
    void growsItsVersionWithEachChangeAndOnlyThen() {
        assertThat(trie.version()).isZero();
        add("a/b");
        assertThat(trie.version()).isEqualTo(1);
        trie.compute("a/b", same -> same);
        trie.compute("a/c", none -> null);
        assertThat(trie.version()).isEqualTo(1);
        trie.compute("a/b", old -> "other");
        assertThat(trie.version()).isEqualTo(2);
        assertThat(matching("a/b")).containsExactly("other");
        remove("a/b");
        assertThat(trie.version()).isEqualTo(3);
        assertThat(trie.size()).isZero();
    }

    @Test
    void staysUnchangedIfTheRemappingThrows() {
        add("a");
        assertThatThrownBy(() -> trie.compute("a/b/c", none -> {
                    throw new IllegalStateException("no");
                }))
                .hasMessage("no");
        assertThat(trie.size()).isEqualTo(1);
        assertThat(trie.version()).isEqualTo(1);
        assertThat(matching("a/b/c")).isEmpty();
        remove("a");
        assertThat(trie.size()).isZero();
    }

    @Test
    void refusesInvalidFilters() {
        for (String filter : List.of("", "a/#/b", "a+", "+/".repeat(16_000) + "#", "x".repeat(65_536))) {
            assertThatThrownBy(() -> add(filter)).isInstanceOf(IllegalArgumentException.class);
            assertThat(trie.get(filter)).isNull();
            remove(filter);
        }
        assertThat(trie.size()).isZero();
        assertThat(trie.version()).isZero();
    }

    @Test
    void survivesTheDeepestTopicsAndFilters() {
        String deep = "a" + "/a".repeat(TopicFilters.MAX_LEVELS - 1);
        String deepWild = "+" + "/+".repeat(TopicFilters.MAX_LEVELS - 2) + "/#";
        List.of(deep, deepWild, "#").forEach(this::add);
        assertThat(matching(deep)).containsExactlyInAnyOrder(deep, deepWild, "#");
        assertThat(matching("a/".repeat(16_000))).containsExactlyInAnyOrder(deepWild, "#");
        List<String> covered = new ArrayList<>();
        trie.forEachCovered("+/".repeat(16_000), covered::add);
        assertThat(covered).isEmpty();
        assertThat(trie.anyCovering("a/".repeat(16_000), deepWild::equals)).isTrue();
        remove(deep);
        remove(deepWild);
        assertThat(matching(deep)).containsExactly("#");
    }

    /** One level with many children grows, shrinks and is full of the marks of removed ones. */
    @Test
    void findsEachOfManySiblingsWhileOthersComeAndGo() {
        RandomGenerator random = Seed.random("findsEachOfManySiblingsWhileOthersComeAndGo");
        int siblings = 5_000;
        boolean[] there = new boolean[siblings];
        for (int phase = 0; phase < 6; phase++) {
            int toAdd = phase % 2 == 0 ? 90 : 5;
            for (int i = 0; i < 20_000; i++) {
                int n = random.nextInt(siblings);
                boolean add = random.nextInt(100) < toAdd;
                trie.compute("s/" + n, old -> add ? "s/" + n : null);
                there[n] = add;
            }
            int count = 0;
            for (int n = 0; n < siblings; n++) {
                assertThat(matching("s/" + n)).hasSize(there[n] ? 1 : 0);
                count += there[n] ? 1 : 0;
            }
            assertThat(trie.size()).isEqualTo(count);
        }
    }

    @Test
    void letsGoOfTheMemoryOfRemovedFilters() {
        long before = usedBytes();
        for (int i = 0; i < 50_000; i++) {
            add("devices/" + i + "/temperature");
        }
        for (int i = 0; i < 50_000; i++) {
            remove("devices/" + i + "/temperature");
        }
        assertThat(usedBytes() - before).isLessThan(2_000_000);
        assertThat(trie.size()).isZero();
    }

    @Test
    void keepsAHundredThousandFiltersInLessThan64Megabytes() {
        Object value = new Object();
        FilterTrie<Object> large = new FilterTrie<>();
        long before = usedBytes();
        for (int i = 0; i < 100_000; i++) {
            large.compute("sites/s" + i % 100 + "/devices/device-" + i + "/temperature", none -> value);
        }
        assertThat(usedBytes() - before).isLessThan(64_000_000);
        assertThat(large.size()).isEqualTo(100_000);
    }

    private static long usedBytes() {
        Runtime runtime = Runtime.getRuntime();
        System.gc();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    private void add(String filter) {
        trie.compute(filter, old -> filter);
    }

    private void remove(String filter) {
        trie.compute(filter, old -> null);
    }

    private List<String> matching(String topic) {
        List<String> found = new ArrayList<>();
        trie.match(topic, found::add);
        return found;
    }

    private static List<String> select(Map<String, String> naive, Predicate<String> condition) {
        return naive.keySet().stream()
                .filter(condition)
                .sorted(Comparator.naturalOrder())
                .toList();
    }
}
