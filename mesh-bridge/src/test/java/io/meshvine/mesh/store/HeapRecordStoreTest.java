package io.meshvine.mesh.store;

import io.meshvine.mesh.RecordStore;

class HeapRecordStoreTest extends RecordStoreContract {

    @Override
    protected RecordStore open() {
        return new HeapRecordStore();
    }

    @Override
    protected void settle() {}

    @Override
    protected boolean keepsRecords() {
        return false;
    }

    @Override
    protected boolean anyThread() {
        return true;
    }
}
