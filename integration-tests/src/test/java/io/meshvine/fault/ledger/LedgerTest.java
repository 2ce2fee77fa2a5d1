package io.meshvine.fault.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LedgerTest {
    private static final int HERE = 0;
    private static final int THERE = 1;

    private final Ledger ledger = new Ledger(2);
    private final Stream stream = ledger.stream("t/1", 1, HERE);
    private final Receiver durable = ledger.receiver("durable", true, 2, THERE);
    private int now;

    @BeforeEach
    void subscribe() {
        durable.subscribed(tick());
    }

    private int tick() {
        now += 10;
        return now;
    }

    private int acknowledged(Stream of) {
        int sequence = of.send(tick());
        ledger.acknowledged(of, sequence, tick());
        return sequence;
    }

    private void received(Receiver receiver, int... sequences) {
        for (int sequence : sequences) {
            ledger.received(receiver, stream.id(), sequence, tick());
        }
    }

    @Test
    void whatIsAcknowledgedAndNeverReceivedIsLost() {
        for (int i = 0; i < 6; i++) {
            acknowledged(stream);
        }
        received(durable, 1, 4, 6);

        LedgerReport report = ledger.report();
        assertThat(report.lost()).isEqualTo(3);
        assertThat(ledger.outstanding()).isEqualTo(3);
        assertThat(report.losses()).extracting(Loss::first).containsExactly(2, 5);
        assertThat(report.losses()).extracting(Loss::last).containsExactly(3, 5);
        assertThat(report.published()).isEqualTo(6);
        assertThat(report.acknowledged()).isEqualTo(6);
    }

    @Test
    void whatWasNeverAcknowledgedIsNotLost() {
        stream.send(tick());
        stream.send(tick());
        stream.refuse();

        assertThat(ledger.report().lost()).isZero();
        assertThat(ledger.report().refused()).isEqualTo(1);
    }

    @Test
    void nothingIsPromisedBeforeTheSuback() {
        Receiver late = ledger.receiver("late", true, 1, HERE);
        acknowledged(stream);
        late.subscribed(tick());
        acknowledged(stream);
        received(durable, 1, 2);

        assertThat(ledger.report().losses()).singleElement().satisfies(loss -> {
            assertThat(loss.receiver()).isEqualTo("late");
            assertThat(loss.first()).isEqualTo(2);
        });
    }

    @Test
    void aDurableSessionIsPromisedWhatIsSentWhileItsClientIsAway() {
        durable.disconnected();
        acknowledged(stream);
        assertThat(ledger.report().lost()).isEqualTo(1);

        durable.subscribed(tick()); // the session was lost, and is made anew
        durable.lostSession();
        assertThat(ledger.report().lost()).isEqualTo(1);
        assertThat(ledger.report().lostSessions()).isEqualTo(1);
    }

    @Test
    void aCleanSessionIsPromisedWhatIsSentDuringItsLastConnection() {
        Receiver clean = ledger.receiver("clean", false, 1, THERE);
        clean.subscribed(tick());
        received(durable, acknowledged(stream));
        assertThat(ledger.report().lost()).isEqualTo(1);

        clean.disconnected();
        received(durable, acknowledged(stream));
        assertThat(ledger.report().lost()).isZero();

        clean.subscribed(tick());
        received(durable, acknowledged(stream));
        assertThat(ledger.report().losses())
                .singleElement()
                .satisfies(loss -> assertThat(loss.first()).isEqualTo(3));
    }

    @Test
    void aCleanSessionIsPromisedNothingFromTheOtherSideOfACut() {
        Receiver clean = ledger.receiver("clean", false, 1, THERE);
        Receiver neighbour = ledger.receiver("neighbour", false, 1, HERE);
        clean.subscribed(tick());
        neighbour.subscribed(tick());
        int crossing = stream.send(tick());
        ledger.separations().begin(THERE, HERE, tick());
        ledger.acknowledged(stream, crossing, tick());
        int during = acknowledged(stream);
        ledger.separations().endAll(tick());
        int after = acknowledged(stream);
        received(durable, crossing, during, after);

        assertThat(ledger.report().losses())
                .extracting(loss -> loss.receiver() + " " + loss.first() + "-" + loss.last())
                .containsExactly("clean 3-3", "neighbour 1-3");
    }

    @Test
    void repeatsAreCountedByTheQosOfTheDelivery() {
        Stream exact = ledger.stream("t/2", 2, HERE);
        Receiver modest = ledger.receiver("modest", true, 1, HERE);
        int sequence = acknowledged(exact);
        for (int i = 0; i < 3; i++) {
            ledger.received(durable, exact.id(), sequence, tick());
            ledger.received(modest, exact.id(), sequence, tick());
        }

        assertThat(ledger.report().duplicates()).containsExactly(0L, 2L, 2L);
        assertThat(ledger.report().repeats()).extracting(Repeat::receiver).containsExactly("durable", "durable");
        assertThat(ledger.report().reordered()).isZero();
    }

    @Test
    void aNewSessionMayGetWhatAnEarlierOneGotOnce() {
        Stream exact = ledger.stream("t/2", 2, HERE);
        Receiver clean = ledger.receiver("clean", false, 2, THERE);
        clean.beginSession(tick());
        clean.subscribed(tick());
        int sequence = acknowledged(exact);
        ledger.received(clean, exact.id(), sequence, tick());
        clean.disconnected();
        clean.beginSession(tick());
        clean.subscribed(tick());

        ledger.received(clean, exact.id(), sequence, tick());
        assertThat(ledger.report().duplicates()).containsExactly(0L, 0L, 0L);
        assertThat(ledger.report().inNewSessions()).isOne();

        ledger.received(clean, exact.id(), sequence, tick());
        assertThat(ledger.report().duplicates()).containsExactly(0L, 0L, 1L);
        assertThat(ledger.report().inNewSessions()).isOne();
    }

    @Test
    void aFirstDeliveryAfterALaterOneIsReorderedAndARepeatIsNot() {
        for (int i = 0; i < 5; i++) {
            acknowledged(stream);
        }
        received(durable, 1, 3, 1, 4, 2, 5);

        LedgerReport report = ledger.report();
        assertThat(report.reordered()).isEqualTo(1);
        assertThat(report.duplicates()).containsExactly(0L, 1L, 0L);
        assertThat(report.lost()).isZero();
    }

    @Test
    void missedMessagesAtQos0AreNoLoss() {
        Stream best = ledger.stream("t/0", 0, HERE);
        best.send(tick());
        ledger.received(durable, best.id(), best.send(tick()), tick());

        assertThat(ledger.report().missedQos0()).isEqualTo(1);
        assertThat(ledger.report().lost()).isZero();
        assertThat(ledger.report().published()).isZero();
    }

    @Test
    void whatNobodySentIsAStranger() {
        ledger.received(durable, 7, 1, tick());
        ledger.received(durable, stream.id(), 1, tick());

        assertThat(ledger.report().strangers()).isEqualTo(2);
    }

    @Test
    void aNodeIsUnavailableWhileItAcknowledgesOrDeliversNothing() {
        Stream there = ledger.stream("t/3", 1, THERE);
        ledger.beginWatch(1_000);
        for (now = 1_000; now < 2_000; ) {
            acknowledged(there);
            ledger.received(durable, there.id(), there.last(), now);
        }
        acknowledged(there);
        ledger.received(durable, there.id(), there.last(), 3_500);
        ledger.endWatch(4_000);

        assertThat(ledger.report().unavailableMillis()).isEqualTo(List.of(3_000, 4_000 - 2_020));
    }

    @Test
    void aRetainedMessageIsWrongIfNodesDifferOrItIsOlderThanAcknowledged() {
        Stream own = ledger.retainedStream("r/1", HERE);
        Stream contested = ledger.retainedStream("r/c", HERE);
        Stream contestedToo = ledger.retainedStream("r/c", THERE);
        acknowledged(own);
        acknowledged(own);
        acknowledged(contested);
        acknowledged(contestedToo);

        assertThat(ledger.wrongRetained(List.of(view(own, 2, contested, 1), view(own, 2, contested, 1))))
                .isZero();
        assertThat(ledger.wrongRetained(List.of(view(own, 1, contested, 1), view(own, 1, contested, 1))))
                .isEqualTo(1);
        assertThat(ledger.wrongRetained(List.of(view(own, 2, contested, 1), view(own, 2, contestedToo, 1))))
                .isEqualTo(1);
        assertThat(ledger.wrongRetained(List.of(view(own, 2, contested, 1), new RetainedView())))
                .isEqualTo(2);
    }

    private static RetainedView view(Stream one, int first, Stream other, int second) {
        RetainedView view = new RetainedView();
        view.put(one.topic(), one.id(), first);
        view.put(other.topic(), other.id(), second);
        return view;
    }
}
