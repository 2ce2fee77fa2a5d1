package io.meshvine.mesh.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.Seed;
import io.meshvine.mesh.WriteUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link RecordStore} does. Each adapter runs it. */
public abstract class RecordStoreContract {

    private static final byte[] START = {};

    private RecordStore store;

    /** Opens the store of this test: with what it held before, if it keeps anything. */
    protected abstract RecordStore open() throws Exception;

    /** Returns once the callbacks of all that was handed over have run. */
    protected abstract void settle() throws Exception;

    /** Whether records are still there after closing and opening. */
    protected abstract boolean keepsRecords();

    /** Whether threads may use it. */
    protected abstract boolean anyThread();

    @BeforeEach
    void openStore() throws Exception {
        store = open();
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    protected RecordStore store() {
        return store;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private String get(Family family, String key) {
        byte[] value = store.get(family, bytes(key));
        return value == null ? null : new String(value, UTF_8);
    }

    private List<String> scan(Family family, String from, String to) {
        List<String> found = new ArrayList<>();
        store.scan(family, bytes(from), to == null ? null : bytes(to), (key, value) -> {
            found.add(new String(key, UTF_8) + "=" + new String(value, UTF_8));
            return true;
        });
        return found;
    }

    private static WriteUnit put(String key, String value) {
        return new WriteUnit().put(Family.QUEUES, bytes(key), bytes(value));
    }

    private void write(WriteUnit unit) throws Exception {
        store.write(unit);
        settle();
    }

    @Test
    void findsWhatWasPutAndNothingElse() throws Exception {
        write(put("a", "1"));

        assertThat(get(Family.QUEUES, "a")).isEqualTo("1");
        assertThat(get(Family.QUEUES, "b")).isNull();
        assertThat(get(Family.OUTBOX, "a")).isNull();
        assertThat(scan(Family.OUTBOX, "", null)).isEmpty();
    }

    @Test
    void replacesAndDeletes() throws Exception {
        write(put("a", "1").put(Family.QUEUES, bytes("b"), bytes("1")));
        write(put("a", "2").delete(Family.QUEUES, bytes("b")).delete(Family.QUEUES, bytes("never there")));

        assertThat(scan(Family.QUEUES, "", null)).containsExactly("a=2");
    }

    @Test
    void deletesARangeFromItsStartToBeforeItsEnd() throws Exception {
        write(put("a", "1").put(Family.QUEUES, bytes("b"), bytes("1")).put(Family.QUEUES, bytes("c"), bytes("1")));
        write(new WriteUnit().deleteRange(Family.QUEUES, bytes("a"), bytes("c")));

        assertThat(scan(Family.QUEUES, "", null)).containsExactly("c=1");
    }

    @Test
    void refusesARangeThatEndsBeforeItStarts() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new WriteUnit().deleteRange(Family.QUEUES, bytes("b"), bytes("a")));
        assertThat(new WriteUnit()
                        .deleteRange(Family.QUEUES, bytes("a"), bytes("a"))
                        .isEmpty())
                .isTrue();
    }

    @Test
    void appliesTheChangesOfAUnitInTheirOrder() throws Exception {
        write(put("a", "1"));
        write(new WriteUnit()
                .deleteRange(Family.QUEUES, bytes("a"), bytes("z"))
                .put(Family.QUEUES, bytes("b"), bytes("1"))
                .put(Family.QUEUES, bytes("c"), bytes("1"))
                .delete(Family.QUEUES, bytes("c"))
                .put(Family.QUEUES, bytes("b"), bytes("2")));

        assertThat(scan(Family.QUEUES, "", null)).containsExactly("b=2");
    }

    @Test
    void scansInTheOrderOfUnsignedKeys() throws Exception {
        byte[][] keys = {{(byte) 0x80}, {0x7f}, {(byte) 0xff, 0}, {0}, {(byte) 0xff}, {0, 0}};
        WriteUnit unit = new WriteUnit();
        for (byte[] key : keys) {
            unit.put(Family.META, key, key);
        }
        write(unit);
        Arrays.sort(keys, Arrays::compareUnsigned);

        List<byte[]> found = new ArrayList<>();
        store.scan(Family.META, START, null, (key, value) -> {
            assertThat(value).isEqualTo(key);
            return found.add(key);
        });

        assertThat(found).usingElementComparator(Arrays::compareUnsigned).containsExactly(keys);
    }

    @Test
    void scansWithinBoundsAndUntilToldToStop() throws Exception {
        write(put("a", "1").put(Family.QUEUES, bytes("b"), bytes("2")).put(Family.QUEUES, bytes("c"), bytes("3")));

        assertThat(scan(Family.QUEUES, "b", null)).containsExactly("b=2", "c=3");
        assertThat(scan(Family.QUEUES, "a", "c")).containsExactly("a=1", "b=2");
        assertThat(scan(Family.QUEUES, "b", "b")).isEmpty();
        assertThat(scan(Family.QUEUES, "c", "b")).isEmpty();
        List<String> found = new ArrayList<>();
        store.scan(Family.QUEUES, START, null, (key, value) -> !found.add(new String(key, UTF_8)));
        assertThat(found).containsExactly("a");
    }

    @Test
    void keepsEmptyValuesAndLargeOnes() throws Exception {
        byte[] large = new byte[3 << 20];
        Arrays.fill(large, (byte) 7);
        write(put("empty", "").put(Family.QUEUES, bytes("large"), large));

        assertThat(get(Family.QUEUES, "empty")).isEmpty();
        assertThat(store.get(Family.QUEUES, bytes("large"))).isEqualTo(large);
    }

    @Test
    void runsCallbacksInTheOrderOfUnits() throws Exception {
        List<Integer> order = Collections.synchronizedList(new ArrayList<>());
        List<Integer> expected = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            int number = i;
            WriteUnit unit = i % 3 == 0 ? new WriteUnit() : put("k" + i, "v");
            store.write(unit.whenDurable(() -> order.add(2 * number)).whenDurable(() -> order.add(2 * number + 1)));
            expected.add(2 * i);
            expected.add(2 * i + 1);
        }
        settle();

        assertThat(order).isEqualTo(expected);
    }

    @Test
    void showsAUnitToItsCallback() throws Exception {
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < 100; i++) {
            String key = "k" + i;
            store.write(put(key, key).whenDurable(() -> seen.add(get(Family.QUEUES, key))));
        }
        settle();

        assertThat(seen).hasSize(100).doesNotContainNull();
    }

    @Test
    void goesOnWhenACallbackThrows() throws Exception {
        List<String> ran = Collections.synchronizedList(new ArrayList<>());
        store.write(put("a", "1")
                .whenDurable(() -> {
                    throw new IllegalStateException("thrown by a test");
                })
                .whenDurable(() -> ran.add("second of the same unit")));
        write(put("b", "2").whenDurable(() -> ran.add("next unit")));

        assertThat(ran).containsExactly("second of the same unit", "next unit");
    }

    @Test
    void runsWhatACallbackHandsOverAfterTheUnitItself() throws Exception {
        List<String> ran = Collections.synchronizedList(new ArrayList<>());
        write(put("a", "1")
                .whenDurable(() -> {
                    store.write(put("b", "2").whenDurable(() -> ran.add("b")));
                    ran.add("a1");
                })
                .whenDurable(() -> ran.add("a2")));
        settle();

        assertThat(ran).containsExactly("a1", "a2", "b");
        assertThat(get(Family.QUEUES, "b")).isEqualTo("2");
    }

    @Test
    void countsNothingForUnitsWithoutChanges() throws Exception {
        List<String> ran = Collections.synchronizedList(new ArrayList<>());
        long commits = store.statistics().commits();
        for (int i = 0; i < 10; i++) {
            store.write(new WriteUnit().whenDurable(() -> ran.add("ran")));
        }
        settle();
        assertThat(ran).hasSize(10);
        assertThat(store.statistics().units()).isZero();
        assertThat(store.statistics().bytes()).isZero();
        assertThat(store.statistics().commits()).isEqualTo(commits);

        write(put("a", "1"));
        assertThat(store.statistics().units()).isEqualTo(1);
        assertThat(store.statistics().bytes()).isEqualTo(put("a", "1").bytes());
        assertThat(store.statistics().commits()).isEqualTo(commits + 1);
    }

    @Test
    void hasNothingPendingOnceAllIsDurable() throws Exception {
        for (int i = 0; i < 100; i++) {
            store.write(put("k" + i, "v"));
        }
        settle();

        assertThat(store.pendingBytes()).isZero();
        assertThat(store.problem()).isEmpty();
    }

    @Test
    void dropsWhatComesAfterClosing() throws Exception {
        List<String> ran = Collections.synchronizedList(new ArrayList<>());
        store.write(put("a", "1").whenDurable(() -> ran.add("a")));
        store.close();
        store.write(put("b", "1").whenDurable(() -> ran.add("b")));
        store.close();
        store = open();

        assertThat(ran).containsExactly("a");
        assertThat(get(Family.QUEUES, "b")).isNull();
    }

    @Test
    void findsEverythingAfterReopening() throws Exception {
        assumeTrue(keepsRecords());
        for (int i = 0; i < 100; i++) {
            store.write(put("k" + i, "v" + i));
        }
        store.write(new WriteUnit().deleteRange(Family.QUEUES, bytes("k2"), bytes("k3")));
        store.close();
        store = open();

        assertThat(get(Family.QUEUES, "k0")).isEqualTo("v0");
        assertThat(scan(Family.QUEUES, "", null)).hasSize(100 - 11);
    }

    /** Against the plainest store one can think of. */
    @Test
    void agreesWithASortedMap() throws Exception {
        RandomGenerator random = Seed.random(getClass().getSimpleName());
        NavigableMap<byte[], byte[]> model = new TreeMap<>(Arrays::compareUnsigned);
        for (int round = 0; round < 200; round++) {
            WriteUnit unit = new WriteUnit();
            for (int change = random.nextInt(8); change > 0; change--) {
                changeBoth(random, unit, model);
            }
            store.write(unit);
            if (random.nextInt(20) == 0) {
                settle();
                assertSame(model);
            }
            if (keepsRecords() && random.nextInt(100) == 0) {
                store.close();
                store = open();
                assertSame(model);
            }
        }
        settle();
        assertSame(model);
    }

    private static void changeBoth(RandomGenerator random, WriteUnit unit, NavigableMap<byte[], byte[]> model) {
        byte[] key = randomKey(random);
        byte[] other = randomKey(random);
        switch (random.nextInt(6)) {
            case 0 -> {
                unit.delete(Family.OUTBOX, key);
                model.remove(key);
            }
            case 1 -> {
                byte[] from = Arrays.compareUnsigned(key, other) < 0 ? key : other;
                byte[] to = from == key ? other : key;
                unit.deleteRange(Family.OUTBOX, from, to);
                model.subMap(from, to).clear();
            }
            default -> {
                unit.put(Family.OUTBOX, key, other);
                model.put(key, other);
            }
        }
    }

    private static byte[] randomKey(RandomGenerator random) {
        byte[] key = new byte[1 + random.nextInt(2)];
        random.nextBytes(key);
        return key;
    }

    private void assertSame(NavigableMap<byte[], byte[]> model) {
        NavigableMap<byte[], byte[]> found = new TreeMap<>(Arrays::compareUnsigned);
        store.scan(Family.OUTBOX, START, null, (key, value) -> {
            found.put(key, value);
            return true;
        });
        assertThat(found.keySet())
                .usingElementComparator(Arrays::compareUnsigned)
                .isEqualTo(model.keySet());
        model.forEach((key, value) -> {
            assertThat(found.get(key)).isEqualTo(value);
            assertThat(store.get(Family.OUTBOX, key)).isEqualTo(value);
        });
    }

    @Test
    void keepsTheOrderOfEachOfManyThreads() throws Exception {
        assumeTrue(anyThread());
        int threads = 4;
        int each = 2_000;
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch done = new CountDownLatch(threads * each);
        List<Thread> writers = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            String name = "t" + t + "-";
            Thread writer = new Thread(() -> {
                for (int i = 0; i < each; i++) {
                    String entry = name + i;
                    store.write(put(name, Integer.toString(i)).whenDurable(() -> {
                        order.add(entry);
                        done.countDown();
                    }));
                }
            });
            writers.add(writer);
            writer.start();
        }
        for (Thread writer : writers) {
            writer.join();
        }

        assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
        for (int t = 0; t < threads; t++) {
            String name = "t" + t + "-";
            assertThat(order.stream().filter(entry -> entry.startsWith(name)))
                    .containsExactlyElementsOf(java.util.stream.IntStream.range(0, each)
                            .mapToObj(i -> name + i)
                            .toList());
            assertThat(get(Family.QUEUES, name)).isEqualTo(Integer.toString(each - 1));
        }
        assertThat(store.pendingBytes()).isZero();
    }
}
