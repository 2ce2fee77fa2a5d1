package io.meshvine.mesh.sim;

import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.StoreStatistics;
import io.meshvine.mesh.WriteUnit;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/** A bug that could be in the product, put in at the port of the store, to see that the checks find it. */
enum Defect {
    /** The product as it is. */
    NONE {
        @Override
        RecordStore over(RecordStore store, long epoch) {
            return store;
        }
    },

    /** What waits for a unit does not wait for the disk. */
    ACKNOWLEDGES_BEFORE_COMMIT {
        @Override
        RecordStore over(RecordStore store, long epoch) {
            return new Altered(store) {
                @Override
                public void write(WriteUnit unit) {
                    super.write(copy(unit, family -> true, false));
                    unit.callbacks().forEach(Runnable::run);
                }
            };
        }
    },

    /** What is forwarded leaves before its record is durable; its publisher waits all the same. */
    SENDS_BEFORE_COMMIT {
        @Override
        RecordStore over(RecordStore store, long epoch) {
            return new Altered(store) {
                @Override
                public void write(WriteUnit unit) {
                    int waiting = unit.callbacks().size() - 1;
                    if (waiting < 1 || !touches(unit, Family.OUTBOX)) {
                        super.write(unit);
                        return;
                    }
                    super.write(copy(unit, family -> true, false)
                            .whenDurable(unit.callbacks().get(waiting)));
                    unit.callbacks().subList(0, waiting).forEach(Runnable::run);
                }
            };
        }
    },

    /** A receiver forgets with its life how far it got. */
    FORGETS_WATERMARKS {
        @Override
        RecordStore over(RecordStore store, long epoch) {
            return new Altered(store) {
                @Override
                public void write(WriteUnit unit) {
                    super.write(copy(unit, family -> family != Family.WATERMARKS, true));
                }
            };
        }
    },

    /** A node forgets with its life what absent peers want for their durable sessions. */
    FORGETS_INTEREST {
        @Override
        RecordStore over(RecordStore store, long epoch) {
            return new Altered(store) {
                @Override
                public void write(WriteUnit unit) {
                    super.write(copy(unit, family -> family != Family.INTEREST, true));
                }
            };
        }
    },

    /** A node confirms what a peer wants for its durable sessions before that is on its disk. */
    CONFIRMS_INTEREST_EARLY {
        @Override
        RecordStore over(RecordStore store, long epoch) {
            return new Altered(store) {
                @Override
                public void write(WriteUnit unit) {
                    boolean early = touches(unit, Family.INTEREST);
                    super.write(early ? copy(unit, family -> true, false) : unit);
                    if (early) {
                        unit.callbacks().forEach(Runnable::run);
                    }
                }
            };
        }
    },

    /** That a retained message was deleted is forgotten with the life: who missed it brings the message back. */
    FORGETS_DELETIONS {
        @Override
        RecordStore over(RecordStore store, long epoch) {
            return new Altered(store) {
                @Override
                public void write(WriteUnit unit) {
                    super.write(withoutTombstones(unit));
                }
            };
        }
    },

    /** The new home of a session says that it has everything before that is on its disk. */
    HANDS_OVER_BEFORE_COMMIT {
        @Override
        Suite suite() {
            return Suite.SESSIONS;
        }

        @Override
        RecordStore over(RecordStore store, long epoch) {
            return new Altered(store) {
                @Override
                public void write(WriteUnit unit) {
                    boolean early = ClientNode.isHandOver(unit);
                    super.write(early ? copy(unit, family -> true, false) : unit);
                    if (early) {
                        unit.callbacks().forEach(Runnable::run);
                    }
                }
            };
        }
    },

    /** An outbox is numbered by what is in it, anew in each life, and not by the positions that peers know. */
    NUMBERS_OUTBOX_BY_LIFE {
        @Override
        RecordStore over(RecordStore store, long epoch) {
            return new Renumbered(store, epoch);
        }
    };

    private static final int PEER_BYTES = 2 * Long.BYTES;

    /** Where the record of a retained message says that it was deleted. */
    private static final int FLAGS_AT = 1;

    private static final int TOMBSTONE = 0x04;

    /** The runs in which it is to be found. */
    Suite suite() {
        return Suite.MESH;
    }

    /** The store as a life of a node sees it. */
    abstract RecordStore over(RecordStore store, long epoch);

    private static boolean touches(WriteUnit unit, Family sought) {
        boolean[] found = {false};
        unit.applyTo(new WriteUnit.Target() {
            @Override
            public void put(Family family, byte[] key, byte[] value) {
                found[0] |= family == sought;
            }

            @Override
            public void delete(Family family, byte[] key) {
                found[0] |= family == sought;
            }

            @Override
            public void deleteRange(Family family, byte[] from, byte[] to) {
                found[0] |= family == sought;
            }
        });
        return found[0];
    }

    private static WriteUnit withoutTombstones(WriteUnit unit) {
        WriteUnit copy = new WriteUnit();
        if (!unit.isEmpty()) {
            copy.waitForOthers();
        }
        unit.applyTo(new WriteUnit.Target() {
            @Override
            public void put(Family family, byte[] key, byte[] value) {
                if (family == Family.RETAINED && (value[FLAGS_AT] & TOMBSTONE) != 0) {
                    copy.delete(family, key);
                } else {
                    copy.put(family, key, value);
                }
            }

            @Override
            public void delete(Family family, byte[] key) {
                copy.delete(family, key);
            }

            @Override
            public void deleteRange(Family family, byte[] from, byte[] to) {
                copy.deleteRange(family, from, to);
            }
        });
        unit.callbacks().forEach(copy::whenDurable);
        return copy;
    }

    private static WriteUnit copy(WriteUnit unit, Predicate<Family> kept, boolean callbacks) {
        WriteUnit copy = new WriteUnit();
        if (!unit.isEmpty()) {
            copy.waitForOthers(); // also if nothing is left of it
        }
        unit.applyTo(new WriteUnit.Target() {
            @Override
            public void put(Family family, byte[] key, byte[] value) {
                if (kept.test(family)) {
                    copy.put(family, key, value);
                }
            }

            @Override
            public void delete(Family family, byte[] key) {
                copy.delete(family, key);
            }

            @Override
            public void deleteRange(Family family, byte[] from, byte[] to) {
                copy.deleteRange(family, from, to);
            }
        });
        if (callbacks) {
            unit.callbacks().forEach(copy::whenDurable);
        }
        return copy;
    }

    /** Everything as it is, to be changed in one point. */
    private static class Altered implements RecordStore {
        final RecordStore store;

        Altered(RecordStore store) {
            this.store = store;
        }

        @Override
        public void write(WriteUnit unit) {
            store.write(unit);
        }

        @Override
        public byte[] get(Family family, byte[] key) {
            return store.get(family, key);
        }

        @Override
        public void scan(Family family, byte[] from, byte[] to, Reader reader) {
            store.scan(family, from, to, reader);
        }

        @Override
        public long pendingBytes() {
            return store.pendingBytes();
        }

        @Override
        public Optional<String> problem() {
            return store.problem();
        }

        @Override
        public StoreStatistics statistics() {
            return store.statistics();
        }

        @Override
        public void close() {
            store.close();
        }
    }

    /** What earlier lives left appears under the numbers 1, 2, 3 of the life before this one. */
    private static final class Renumbered extends Altered {
        private final NavigableMap<byte[], byte[]> realKeys = new TreeMap<>(Arrays::compareUnsigned);

        Renumbered(RecordStore store, long epoch) {
            super(store);
            store.scan(Family.OUTBOX, new byte[0], null, (key, value) -> {
                ByteBuffer real = ByteBuffer.wrap(key);
                byte[] peer = Arrays.copyOf(key, PEER_BYTES);
                boolean isSummary = real.getLong(PEER_BYTES) == 0;
                long number = realKeys.keySet().stream()
                        .filter(other -> Arrays.equals(Arrays.copyOf(other, PEER_BYTES), peer))
                        .count();
                byte[] shown = isSummary
                        ? key
                        : ByteBuffer.allocate(key.length)
                                .put(peer)
                                .putLong(epoch - 1)
                                .putLong(number)
                                .array();
                realKeys.put(shown, key);
                return true;
            });
        }

        @Override
        public void write(WriteUnit unit) {
            WriteUnit copy = copy(unit, family -> true, true);
            unit.applyTo(new WriteUnit.Target() {
                @Override
                public void put(Family family, byte[] key, byte[] value) {}

                @Override
                public void delete(Family family, byte[] key) {
                    byte[] real = realKeys.get(key);
                    if (family == Family.OUTBOX && real != null) {
                        copy.delete(family, real);
                    }
                }

                @Override
                public void deleteRange(Family family, byte[] from, byte[] to) {
                    if (family == Family.OUTBOX) {
                        realKeys.subMap(from, true, to, false).values().forEach(real -> copy.delete(family, real));
                    }
                }
            });
            super.write(copy);
        }

        @Override
        public void scan(Family family, byte[] from, byte[] to, Reader reader) {
            if (family != Family.OUTBOX) {
                super.scan(family, from, to, reader);
                return;
            }
            NavigableMap<byte[], byte[]> shown = new TreeMap<>(Arrays::compareUnsigned);
            super.scan(family, new byte[0], null, (key, value) -> {
                shown.put(key, value);
                return true;
            });
            for (Map.Entry<byte[], byte[]> each : realKeys.entrySet()) {
                byte[] value = shown.remove(each.getValue());
                if (value != null) {
                    shown.put(each.getKey(), value);
                }
            }
            for (Map.Entry<byte[], byte[]> each : shown.tailMap(from, true).entrySet()) {
                if ((to != null && Arrays.compareUnsigned(each.getKey(), to) >= 0)
                        || !reader.accept(each.getKey(), each.getValue())) {
                    return;
                }
            }
        }
    }
}
