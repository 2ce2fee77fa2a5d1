package io.meshvine.mesh.interest;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.mesh.Seed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FilterTrieConcurrencyTest {

    private final ExecutorService threads = Executors.newFixedThreadPool(4);

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    /** Writers add and remove siblings, parents and children of filters that stay, so that tables grow and shrink. */
    @Test
    void neverMissesOrRepeatsAFilterThatNobodyChanges() throws Exception {
        List<String> stable = List.of("a/7/x", "a/+/x", "a/7/#", "#", "+/7/x", "a/7/+", "a/#");
        long seed = Seed.random("neverMissesOrRepeatsAFilterThatNobodyChanges").nextLong();
        FilterTrie<String> trie = new FilterTrie<>();
        stable.forEach(filter -> trie.compute(filter, none -> filter));
        AtomicBoolean done = new AtomicBoolean();

        List<Future<?>> readers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            readers.add(threads.submit(() -> {
                Map<String, Integer> seen = new HashMap<>();
                do {
                    seen.clear();
                    trie.match("a/7/x", filter -> seen.merge(filter, 1, Integer::sum));
                    for (String filter : stable) {
                        assertThat(seen.get(filter)).as(filter).isEqualTo(1);
                        assertThat(trie.get(filter)).isEqualTo(filter);
                    }
                } while (!done.get());
            }));
        }
        List<Future<?>> writers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            SplittableRandom random = new SplittableRandom(seed + i);
            writers.add(threads.submit(() -> {
                for (int step = 0; step < 150_000; step++) {
                    boolean add = random.nextInt(100) < (step / 10_000 % 2 == 0 ? 80 : 20);
                    String n = String.valueOf(10 + random.nextInt(300));
                    String filter =
                            switch (random.nextInt(5)) {
                                case 0 -> "a/" + n + "/x";
                                case 1 -> "a/7/" + n;
                                case 2 -> n + "/7/x";
                                case 3 -> "a/7/x/" + n;
                                default -> "+/7/" + n;
                            };
                    trie.compute(filter, old -> add ? filter : null);
                }
            }));
        }
        try {
            for (Future<?> writer : writers) {
                writer.get(30, TimeUnit.SECONDS);
            }
        } finally {
            done.set(true);
        }
        for (Future<?> reader : readers) {
            reader.get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void showsAChangeToWhoeverSeesTheVersionAfterIt() throws Exception {
        FilterTrie<Integer> trie = new FilterTrie<>();
        int changes = 50_000;
        Future<?> writer = threads.submit(() -> {
            for (int i = 1; i <= changes; i++) {
                int value = i;
                trie.compute("a/b", old -> value);
            }
        });
        int[] found = {0};
        long version;
        do {
            version = trie.version();
            found[0] = 0;
            trie.match("a/b", value -> found[0] = value);
            assertThat((long) found[0]).isGreaterThanOrEqualTo(version);
        } while (version < changes && !(writer.isDone() && trie.version() < changes));
        writer.get(30, TimeUnit.SECONDS);
        assertThat(version).isEqualTo(changes);
    }
}
