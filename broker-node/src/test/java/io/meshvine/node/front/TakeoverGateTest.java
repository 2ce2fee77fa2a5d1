package io.meshvine.node.front;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TakeoverGateTest {

    private final TakeoverGate gate = new TakeoverGate();

    private static final class Recorder implements TakeoverGate.Claimant {
        private final List<String> told = new ArrayList<>();

        @Override
        public void admitted() {
            told.add("admitted");
        }

        @Override
        public void takenOver() {
            told.add("taken over");
        }

        @Override
        public void makeWay() {
            told.add("make way");
        }
    }

    @Test
    void admitsTheFirstAtOnceAndTheNextWhenItHasLeft() {
        Recorder first = new Recorder();
        Recorder second = new Recorder();
        gate.enter("id", first);
        gate.enter("id", second);
        assertThat(first.told).containsExactly("admitted", "taken over");
        assertThat(second.told).isEmpty();
        gate.leave("id", first);
        assertThat(second.told).containsExactly("admitted");
        gate.leave("id", second);
        assertThat(gate.size()).isZero();
    }

    @Test
    void letsOnlyTheNewestWait() {
        Recorder first = new Recorder();
        Recorder second = new Recorder();
        Recorder third = new Recorder();
        gate.enter("id", first);
        gate.enter("id", second);
        gate.enter("id", third);
        assertThat(second.told).containsExactly("taken over");
        gate.leave("id", second);
        gate.leave("id", first);
        assertThat(third.told).containsExactly("admitted");
        assertThat(second.told).containsExactly("taken over");
    }

    @Test
    void forgetsAWaitingOneThatGivesUp() {
        Recorder first = new Recorder();
        Recorder second = new Recorder();
        gate.enter("id", first);
        gate.enter("id", second);
        gate.leave("id", second);
        gate.leave("id", first);
        assertThat(second.told).isEmpty();
        assertThat(gate.size()).isZero();
    }

    @Test
    void aReservationComesNextAndTurnsAwayTheHolderAlone() {
        Recorder holder = new Recorder();
        Recorder waiting = new Recorder();
        Recorder departure = new Recorder();
        gate.enter("id", holder);
        gate.enter("id", waiting);
        gate.reserve("id", departure);
        gate.leave("id", holder);
        assertThat(departure.told).containsExactly("admitted");
        assertThat(waiting.told).as("the client's latest connection").isEmpty();
        gate.leave("id", departure);
        assertThat(waiting.told).containsExactly("admitted");
        gate.leave("id", waiting);
        assertThat(gate.size()).isZero();
    }

    @Test
    void whoConnectsDuringAReservationWaitsForItsEnd() {
        Recorder holder = new Recorder();
        Recorder departure = new Recorder();
        Recorder older = new Recorder();
        Recorder newest = new Recorder();
        gate.enter("id", holder);
        gate.reserve("id", departure);
        gate.enter("id", older);
        gate.enter("id", newest);
        gate.leave("id", holder);
        assertThat(older.told).containsExactly("taken over");
        assertThat(newest.told).isEmpty();
        gate.leave("id", departure);
        assertThat(newest.told).containsExactly("admitted");
    }

    @Test
    void aReservationThatIsGivenUpLeavesTheOthersInOrder() {
        Recorder holder = new Recorder();
        Recorder departure = new Recorder();
        Recorder waiting = new Recorder();
        gate.enter("id", holder);
        gate.reserve("id", departure);
        gate.enter("id", waiting);
        gate.leave("id", departure);
        gate.leave("id", holder);
        assertThat(departure.told).isEmpty();
        assertThat(waiting.told).containsExactly("admitted");
    }

    @Test
    void aReservationAsksTheHolderToMakeWay() {
        Recorder holder = new Recorder();
        Recorder departure = new Recorder();
        gate.enter("id", holder);
        assertThat(gate.isReserved("id")).isFalse();
        gate.reserve("id", departure);
        assertThat(gate.isReserved("id")).isTrue();
        assertThat(holder.told).containsExactly("admitted", "make way");
        gate.leave("id", departure);
        assertThat(gate.isReserved("id")).isFalse();
    }

    @Test
    void keepsClientsApart() {
        Recorder first = new Recorder();
        Recorder second = new Recorder();
        gate.enter("a", first);
        gate.enter("b", second);
        assertThat(first.told).containsExactly("admitted");
        assertThat(second.told).containsExactly("admitted");
        assertThat(gate.holders()).containsExactlyInAnyOrder(first, second);
    }

    @Test
    void neverAdmitsTwoAtATime() throws InterruptedException {
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger admissions = new AtomicInteger();
        AtomicInteger violations = new AtomicInteger();
        ExecutorService loops = Executors.newFixedThreadPool(4);
        for (int i = 0; i < 10_000; i++) {
            loops.execute(new Runnable() {
                private final TakeoverGate.Claimant self = new TakeoverGate.Claimant() {
                    private boolean admitted;
                    private boolean left;

                    @Override
                    public synchronized void admitted() {
                        if (left) {
                            gate.leave("id", this);
                            return;
                        }
                        admitted = true;
                        admissions.incrementAndGet();
                        if (inside.incrementAndGet() > 1) {
                            violations.incrementAndGet();
                        }
                    }

                    @Override
                    public synchronized void takenOver() {
                        if (!left) {
                            left = true;
                            if (admitted) {
                                inside.decrementAndGet();
                            }
                            gate.leave("id", this);
                        }
                    }

                    @Override
                    public void makeWay() {
                        takenOver();
                    }
                };

                @Override
                public void run() {
                    gate.enter("id", self);
                }
            });
        }
        loops.shutdown();
        assertThat(loops.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
        assertThat(violations).hasValue(0);
        assertThat(inside).hasValue(1);
        assertThat(admissions).hasPositiveValue();
    }
}
