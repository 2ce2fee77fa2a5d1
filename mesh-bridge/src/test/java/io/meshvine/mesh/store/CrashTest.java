package io.meshvine.mesh.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.Seed;
import io.meshvine.mesh.WriteUnit;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A process writes and is killed. Whatever it leaves opens by itself and holds a first part of what was written, with all
 * that was reported durable; and so does what is left if the end of the log is lost as well, as when power fails.
 */
class CrashTest {

    /** So many numbers are in the queue at a time: each unit puts one and deletes the one that is so much older. */
    private static final int WINDOW = 1_000;

    private static final byte[] NEWEST = {'n'};
    private static final int KILLS = 2;
    private static final int TRUNCATIONS = 3;

    @TempDir
    Path temporary;

    private static RocksRecordStore open(Path folder, Durability durability) {
        return RocksRecordStore.open(new StoreOptions(folder, "node", durability, 4 << 20, 0));
    }

    private static byte[] key(int number) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(number).array();
    }

    /** The process that is killed. */
    static final class Writing {
        private static volatile int durable = -1;

        public static void main(String[] args) throws InterruptedException {
            RecordStore store = open(Path.of(args[0]), Durability.valueOf(args[1]));
            byte[] found = store.get(Family.WATERMARKS, NEWEST);
            int number = found == null ? 0 : ByteBuffer.wrap(found).getInt() + 1;
            int reported = -1;
            while (true) {
                int next = number++;
                store.write(new WriteUnit()
                        .put(Family.QUEUES, key(next), new byte[300])
                        .delete(Family.QUEUES, key(next - WINDOW))
                        .put(Family.WATERMARKS, NEWEST, key(next))
                        .whenDurable(() -> durable = next));
                while (next - durable > WINDOW && durable >= 0) {
                    Thread.onSpinWait();
                }
                if (durable != reported) {
                    reported = durable;
                    System.out.println(reported);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Durability.class)
    void everyCrashImageOpensAndHoldsAFirstPart(Durability durability) throws Exception {
        RandomGenerator random = Seed.random("CrashTest " + durability);
        Path folder = temporary.resolve("store");
        for (int kill = 0; kill < KILLS; kill++) {
            int reported = writeAndKill(folder, durability, 2_000 + random.nextInt(20_000));
            Path image = temporary.resolve("image" + kill);
            copy(folder, image);
            int newest = newest(folder, durability, false);
            if (durability != Durability.NONE) {
                assertThat(newest).isGreaterThanOrEqualTo(reported);
            }
            for (int i = 0; i < TRUNCATIONS; i++) {
                Path torn = temporary.resolve("torn" + kill + "-" + i);
                copy(image, torn);
                truncateLog(torn, random);
                assertThat(newest(torn, durability, true)).isLessThanOrEqualTo(newest);
                delete(torn);
            }
        }
    }

    /** Returns the last number that was reported durable. */
    private int writeAndKill(Path folder, Durability durability, int units) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Writing.class.getName(),
                        folder.toString(),
                        durability.name())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        int last = -1;
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
            int first = Integer.parseInt(lines.readLine());
            last = first;
            while (last < first + units) {
                last = Integer.parseInt(lines.readLine());
            }
            process.toHandle().destroyForcibly(); // unlike that of Process, it leaves the output to be read
            // What it had still said before it died counts too.
            String line = lines.readLine();
            while (line != null) {
                last = line.matches("\\d+") ? Math.max(last, Integer.parseInt(line)) : last;
                line = lines.readLine();
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        return last;
    }

    /** Opens a store, checks that its families agree with each other, and returns the last unit in it. */
    private static int newest(Path folder, Durability durability, boolean torn) {
        try (RocksRecordStore store = open(folder, durability)) {
            assertThat(torn || store.lostChanges() == 0)
                    .as("what was safe is there")
                    .isTrue();
            byte[] noted = store.get(Family.WATERMARKS, NEWEST);
            int newest = noted == null ? -1 : ByteBuffer.wrap(noted).getInt();
            int[] next = {Math.max(0, newest - WINDOW + 1)};
            store.scan(Family.QUEUES, new byte[0], null, (key, value) -> {
                assertThat(ByteBuffer.wrap(key).getInt())
                        .as("queue up to %d", newest)
                        .isEqualTo(next[0]++);
                return true;
            });
            assertThat(next[0]).isEqualTo(newest + 1);
            return newest;
        }
    }

    private static void truncateLog(Path folder, RandomGenerator random) throws IOException {
        Path log;
        try (Stream<Path> files = Files.list(folder)) {
            log = files.filter(file -> file.toString().endsWith(".log"))
                    .max(Comparator.comparing(Path::getFileName))
                    .orElseThrow();
        }
        try (RandomAccessFile bytes = new RandomAccessFile(log.toFile(), "rw")) {
            long length = bytes.length();
            bytes.setLength(length == 0 ? 0 : random.nextLong(length));
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        List<Path> files;
        try (Stream<Path> found = Files.list(from)) {
            files = found.filter(Files::isRegularFile).toList();
        }
        for (Path file : files) {
            Files.copy(file, to.resolve(file.getFileName()));
        }
    }

    private static void delete(Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> found = Files.walk(folder)) {
            files = found.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }
}
