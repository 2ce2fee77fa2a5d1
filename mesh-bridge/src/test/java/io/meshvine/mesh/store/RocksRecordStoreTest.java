package io.meshvine.mesh.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.WriteUnit;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

class RocksRecordStoreTest {

    abstract static class OnDisk extends RecordStoreContract {

        @TempDir
        Path folder;

        private final Durability durability;

        OnDisk(Durability durability) {
            this.durability = durability;
        }

        @Override
        protected RecordStore open() {
            return RocksRecordStore.open(StoreOptions.of(folder.resolve("store"), "node", durability));
        }

        @Override
        protected void settle() throws InterruptedException {
            CountDownLatch done = new CountDownLatch(1);
            store().write(new WriteUnit().whenDurable(done::countDown));
            assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
        }

        @Override
        protected boolean keepsRecords() {
            return true;
        }

        @Override
        protected boolean anyThread() {
            return true;
        }
    }

    @Nested
    class WithFsync extends OnDisk {
        WithFsync() {
            super(Durability.FSYNC);
        }
    }

    @Nested
    class WithOs extends OnDisk {
        WithOs() {
            super(Durability.OS);
        }
    }

    @Nested
    class WithNone extends OnDisk {
        WithNone() {
            super(Durability.NONE);
        }
    }
}
