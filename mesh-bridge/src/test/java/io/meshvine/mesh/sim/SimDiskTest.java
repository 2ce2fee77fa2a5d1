package io.meshvine.mesh.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.Seed;
import io.meshvine.mesh.StoreException;
import io.meshvine.mesh.WriteUnit;
import io.meshvine.mesh.store.RecordStoreContract;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class SimDiskTest extends RecordStoreContract {

    private static final Duration COMMIT = Duration.ofMillis(10);

    private final SimScheduler scheduler = new SimScheduler();
    private final RandomGenerator random = Seed.random("SimDiskTest");
    private final SimDisk disk = new SimDisk(scheduler, random, COMMIT);

    @Override
    protected RecordStore open() {
        return disk.open();
    }

    @Override
    protected void settle() {
        scheduler.runUntil(scheduler.nowNanos() + 10 * COMMIT.toNanos());
    }

    @Override
    protected boolean keepsRecords() {
        return true;
    }

    @Override
    protected boolean anyThread() {
        return false;
    }

    private static WriteUnit unit(int number) {
        byte[] key = ByteBuffer.allocate(4).putInt(number).array();
        return new WriteUnit().put(Family.QUEUES, key, key).put(Family.OUTBOX, key, key);
    }

    private static int count(RecordStore store, Family family) {
        List<Integer> found = new ArrayList<>();
        store.scan(
                family,
                new byte[0],
                null,
                (key, value) -> found.add(ByteBuffer.wrap(key).getInt()));
        for (int i = 0; i < found.size(); i++) {
            assertThat(found.get(i)).as("no unit without those before it").isEqualTo(i);
        }
        return found.size();
    }

    @Test
    void keepsAFirstPartInACrash() {
        boolean lost = false;
        for (int round = 0; round < 200; round++) {
            SimDisk crashing = new SimDisk(scheduler, random, COMMIT);
            RecordStore store = crashing.open();
            int[] durable = {0};
            for (int i = 0; i < 20; i++) {
                store.write(unit(i).whenDurable(() -> durable[0]++));
                scheduler.runUntil(scheduler.nowNanos() + random.nextLong(COMMIT.toNanos()));
            }
            crashing.crash();
            int before = durable[0];
            settle();
            RecordStore next = crashing.open();

            assertThat(durable[0]).as("callbacks after the crash").isEqualTo(before);
            int found = count(next, Family.QUEUES);
            assertThat(found).isBetween(before, 20).isEqualTo(count(next, Family.OUTBOX));
            lost |= found < 20;
        }
        assertThat(lost).isTrue();
    }

    @Test
    void waitsWhileItFailsAndThenGoesOn() {
        List<Integer> durable = new ArrayList<>();
        disk.fail(true);
        for (int i = 0; i < 10; i++) {
            int number = i;
            store().write(unit(i).whenDurable(() -> durable.add(number)));
        }
        settle();
        assertThat(durable).isEmpty();
        assertThat(store().problem()).isPresent();
        assertThat(store().pendingBytes()).isPositive();

        disk.fail(false);
        scheduler.runUntil(scheduler.nowNanos() + Duration.ofSeconds(1).toNanos());
        assertThat(durable).hasSize(10).isSorted();
        assertThat(store().problem()).isEmpty();
    }

    @Test
    void isSharedByNobody() {
        assertThatThrownBy(disk::open).isInstanceOf(StoreException.class);
    }

    @Test
    void copiesWhatIsDurable() {
        store().write(unit(0));
        settle();
        store().write(unit(1));
        SimDisk copy = disk.copy();
        settle();

        assertThat(count(copy.open(), Family.QUEUES)).isEqualTo(1);
        assertThat(count(store(), Family.QUEUES)).isEqualTo(2);
    }

    @Test
    void noticesAUnitThatIsChangedTooLate() {
        byte[] key = {1};
        new SimDisk(scheduler, random, COMMIT).open().write(new WriteUnit().put(Family.QUEUES, key, key));
        key[0] = 2;

        assertThatThrownBy(this::settle).isInstanceOf(AssertionError.class);
    }
}
