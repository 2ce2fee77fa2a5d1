package io.meshvine.node.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.mesh.BridgeLoop;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.session.SessionHost;
import io.meshvine.mesh.store.HeapRecordStore;
import io.meshvine.mesh.wire.Position;
import io.meshvine.mesh.wire.WireWriter;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.mqtt.MqttProperties;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Sessions that go from one node's store to another's, and what stays behind. */
class MovedSessionTest {

    private static final NodeId OLD_HOME = new NodeId(0, 1);
    private static final NodeId NEW_HOME = new NodeId(0, 2);
    private static final NodeId ABSENT = new NodeId(0, 3);
    private static final NodeId PRESENT = new NodeId(0, 4);
    private static final Position INTEREST = new Position(1, 7);
    private static final String CLIENT = "c";
    private static final long FENCE = 1_000;

    private final BridgeLoop timer = new BridgeLoop("test");
    private final RecordStore oldStore = new HeapRecordStore();
    private final RecordStore newStore = new HeapRecordStore();
    private final Sessions oldHome = sessions(oldStore, 1);
    private final Sessions newHome = sessions(newStore, 1);

    @AfterEach
    void close() {
        oldHome.close();
        newHome.close();
        timer.close();
    }

    private Sessions sessions(RecordStore store, long epoch) {
        return sessions(store, epoch, SessionLimits.defaults().maxSessions());
    }

    private Sessions sessions(RecordStore store, long epoch, int maxSessions) {
        return new Sessions(
                TestLimits.ofSessions(maxSessions),
                new SessionCounters(),
                new Journal(store, epoch),
                List.of(Runnable::run),
                timer);
    }

    private static Residues residues(Sessions sessions) {
        return new Residues(sessions, Duration.ofDays(1), System::currentTimeMillis);
    }

    private static ClientSession open(Sessions sessions) {
        Sessions.OpenResult opened = sessions.open(CLIENT, false, 600, FENCE);
        assertThat(opened).isNotNull();
        return opened.session();
    }

    private static Message message(String text) {
        return new Message(
                "t",
                Unpooled.copiedBuffer(text, StandardCharsets.UTF_8),
                1,
                false,
                MqttProperties.NO_PROPERTIES,
                Message.NEVER,
                "",
                Origin.CLIENT);
    }

    private static void deliver(ClientSession session, Message message) {
        assertThat(session.deliver(new Delivery(message, 1, false, Delivery.NO_IDS, null)))
                .isTrue();
    }

    private static List<String> queue(RecordStore store) {
        List<String> texts = new ArrayList<>();
        store.scan(Family.QUEUES, new byte[0], null, (key, value) -> {
            Delivery delivery = SessionRecords.queued(key, value).delivery();
            texts.add(
                    delivery == null ? "received" : delivery.message().payload().toString(StandardCharsets.UTF_8));
            return true;
        });
        return texts;
    }

    private static int count(RecordStore store, Family family) {
        List<byte[]> keys = new ArrayList<>();
        store.scan(family, new byte[0], null, (key, value) -> keys.add(key));
        return keys.size();
    }

    private static void copy(SessionHost.Export export, SessionImport to) {
        byte[] part;
        while ((part = export.next()) != null) {
            to.accept(part);
        }
    }

    @Test
    void whatCameBothWaysStaysInTheOrderOfTheOldHome() {
        ClientSession old = open(oldHome);
        List<Message> messages = List.of(message("1"), message("2"), message("3"), message("4"));
        deliver(old, messages.get(0));
        oldHome.noteWhole(CLIENT);
        SessionExport export = oldHome.export(CLIENT);
        SessionImport coming = newHome.receive(CLIENT, FENCE + 1, OLD_HOME, FENCE, 0);
        assertThat(export).isNotNull();
        copy(export, coming);
        ClientSession here = coming.open();
        assertThat(here).isNotNull();
        // The publisher of 3 does not know the new home yet; 2 and 4 go both ways, 4 after the last look at the old
        // one.
        deliver(old, messages.get(1));
        deliver(here, messages.get(1));
        deliver(old, messages.get(2));
        deliver(here, messages.get(3));
        export.settle(() -> copy(export, coming));
        coming.finish(export.through(), () -> {});
        deliver(here, messages.get(2));

        assertThat(queue(newStore)).containsExactly("1", "2", "3", "4");
        assertThat(here.queued()).isEqualTo(4);
    }

    @Test
    void whatIsReadableBeforeItsPredecessorDoesNotOvertakeIt() {
        ClientSession old = open(oldHome);
        deliver(old, message("1"));
        oldHome.noteWhole(CLIENT);
        SessionExport export = oldHome.export(CLIENT);
        assertThat(export).isNotNull();
        SessionImport coming = newHome.receive(CLIENT, FENCE + 1, OLD_HOME, FENCE, 0);
        // One thread takes its place first and hands its unit over last.
        JournalBatch late = oldHome.journal().batch();
        old.deliver(new Delivery(message("2"), 1, false, Delivery.NO_IDS, null), late);
        deliver(old, message("3"));
        copy(export, coming);
        late.commit();
        assertThat(coming.open()).isNotNull();
        export.settle(() -> copy(export, coming));
        coming.finish(export.through(), () -> {});

        assertThat(queue(newStore)).containsExactly("1", "2", "3");
        assertThat(export.through()).isEqualTo(3);
    }

    @Test
    void whatComesUntilAnOldHomeHearsThatAllIsElsewhereIsNotDeletedWithIt() {
        deliver(open(oldHome), message("moved"));
        oldHome.noteWhole(CLIENT);
        SessionExport export = oldHome.export(CLIENT);
        assertThat(export).isNotNull();
        SessionImport coming = newHome.receive(CLIENT, FENCE + 1, OLD_HOME, FENCE, 0);
        copy(export, coming);
        assertThat(coming.open()).isNotNull();
        coming.finish(export.through(), () -> {});
        WireWriter part = SessionParts.begin();
        SessionParts.write(part, SessionParts.RESIDUE, new byte[0], new byte[0]);
        SessionImport another = newHome.receive(CLIENT, FENCE + 1, ABSENT, FENCE - 1, 0);
        another.accept(part.toByteArray());
        assertThat(another.open()).isNotNull();
        another.finish(9, () -> {});

        Sessions restarted = sessions(oldStore, 2);
        Residues left = residues(restarted);
        SessionRestore.run(
                restarted,
                left,
                System.currentTimeMillis(),
                (session, subscriptions) -> deliver(session, message("since")),
                (residue, subscriptions) -> {
                    throw new AssertionError("nothing was left behind");
                });
        long through = newHome.received(CLIENT, OLD_HOME, FENCE);
        Residue residue = left.leave(CLIENT, through, NEW_HOME, INTEREST, Set.of(ABSENT));
        assertThat(residue).isNotNull();
        assertThat(queue(oldStore)).containsExactly("since");
        restarted.close();
    }

    @Test
    void aSessionKnowsAfterARestartWithWhichCleanStartItBegan() {
        assertThat(oldHome.open(CLIENT, true, 600, FENCE)).isNotNull();
        open(oldHome); // connected again: it is still the same session
        SessionExport export = oldHome.export(CLIENT);
        assertThat(export).isNotNull();
        SessionImport coming = newHome.receive(CLIENT, FENCE + 1, OLD_HOME, FENCE, FENCE);
        copy(export, coming);
        coming.open();
        coming.finish(export.through(), () -> {});

        for (RecordStore store : List.of(oldStore, newStore)) {
            Sessions restarted = sessions(store, 2);
            SessionRestore.run(
                    restarted,
                    residues(restarted),
                    System.currentTimeMillis(),
                    (session, subscriptions) -> assertThat(session.begun()).isEqualTo(FENCE),
                    (residue, subscriptions) -> {
                        throw new AssertionError("nothing was left behind");
                    });
            assertThat(restarted.size()).isEqualTo(1);
            restarted.close();
        }
    }

    @Test
    void theRestOfASessionTakesWhatAbsentNodesSendAndGoesAfterItAcrossARestart() {
        ClientSession old = open(oldHome);
        Subscription wanted = Subscription.of("t", 1);
        JournalBatch batch = oldHome.journal().batch();
        old.keepSubscription(wanted, batch);
        batch.commit();
        deliver(old, message("moved"));
        oldHome.noteWhole(CLIENT);
        SessionExport export = oldHome.export(CLIENT);
        assertThat(export).isNotNull();
        copy(export, newHome.receive(CLIENT, FENCE + 1, OLD_HOME, FENCE, 0));
        deliver(old, message("late"));

        Residues left = residues(oldHome);
        Residue residue = left.leave(CLIENT, export.through(), NEW_HOME, INTEREST, Set.of(ABSENT));
        assertThat(residue).isNotNull();
        left.subscribe(residue.session(), wanted);
        assertThat(oldHome.get(CLIENT)).isNull();
        assertThat(left.match(ABSENT, "t", List.of())).hasSize(1);
        assertThat(left.match(PRESENT, "t", List.of()))
                .as("it knows the new home")
                .isEmpty();
        assertThat(queue(oldStore)).containsExactly("late");
        // The client is here again, and gone with all that is its own: that is none of the residue's.
        oldHome.end(open(oldHome));
        assertThat(queue(oldStore)).containsExactly("late");

        Sessions restarted = sessions(oldStore, 2);
        Residues leftAgain = residues(restarted);
        List<Residue> found = new ArrayList<>();
        SessionRestore.run(
                restarted,
                leftAgain,
                System.currentTimeMillis(),
                (session, subscriptions) -> {
                    throw new AssertionError(session + " has moved");
                },
                (each, subscriptions) -> {
                    assertThat(subscriptions).containsExactly(wanted);
                    found.add(each);
                });
        assertThat(found).hasSize(1);
        Residue again = found.get(0);
        assertThat(again.behind()).containsExactly(ABSENT);
        assertThat(again.home()).isEqualTo(NEW_HOME);
        assertThat(again.interest()).isEqualTo(INTEREST);
        assertThat(again.isWaiting()).isTrue();
        leftAgain.match(ABSENT, "t", List.of()).forEach(match -> deliver(match.session(), message("later")));

        long fence = again.begin();
        assertThat(fence).isLessThan(FENCE);
        deliver(again.session(), message("next time"));
        assertThat(again.begin()).isEqualTo(fence);
        ClientSession home = open(newHome);
        SessionImport rest = newHome.receive(CLIENT, FENCE + 1, OLD_HOME, fence, 0);
        copy(again.export(), rest);
        assertThat(rest.open()).isSameAs(home);
        rest.finish(3, () -> {});
        assertThat(queue(newStore)).containsExactly("late", "later");
        assertThat(newHome.received(CLIENT, OLD_HOME, fence)).isEqualTo(3);
        assertThat(newHome.received(CLIENT, OLD_HOME, fence - 1)).isEqualTo(SessionHost.NOT_RECEIVED);

        again.taken();
        assertThat(queue(oldStore)).containsExactly("next time");
        assertThat(again.begin()).isNotEqualTo(fence);
        again.taken();
        assertThat(again.isWaiting()).isFalse();
        again.heard(ABSENT);
        assertThat(again.behind()).isEmpty();
        again.end();
        assertThat(count(oldStore, Family.QUEUES)).isZero();
        assertThat(count(oldStore, Family.SESSIONS)).isZero();
        assertThat(restarted.counters().dropped(DropReason.SESSION_ENDED)).isZero();
        restarted.close();
    }

    @Test
    void theRestOfASessionMakesNoSessionWhereThereIsNone() {
        open(oldHome);
        oldHome.noteWhole(CLIENT);
        SessionExport export = oldHome.export(CLIENT);
        Residue residue = residues(oldHome).leave(CLIENT, export.through(), NEW_HOME, INTEREST, Set.of(ABSENT));
        assertThat(residue).isNotNull();
        deliver(residue.session(), message("late"));
        residue.begin();
        SessionImport rest = newHome.receive(CLIENT, FENCE + 1, OLD_HOME, 1, 0);
        copy(residue.export(), rest);
        assertThat(rest.open()).isNull();
        residue.end();
        assertThat(oldHome.counters().dropped(DropReason.SESSION_ENDED)).isOne();
    }

    @Test
    void aSessionThatMovesAlwaysHasRoomForItsRestWhichTakesThePlaceOfASessionInstead() {
        Sessions small = sessions(new HeapRecordStore(), 1, 2);
        Residues left = residues(small);
        List<Residue> rests = new ArrayList<>();
        for (String client : List.of("a", "b", "c")) {
            assertThat(small.open(client, false, 600, FENCE)).as(client).isNotNull();
            Residue rest = left.leave(client, 0, NEW_HOME, INTEREST, Set.of(ABSENT));
            assertThat(rest).as(client).isNotNull();
            left.subscribe(rest.session(), Subscription.of("t", 1));
            rests.add(rest);
        }
        assertThat(left.match(ABSENT, "t", List.of())).hasSize(3);
        assertThat(small.size()).isZero();

        assertThat(small.open("d", false, 600, FENCE)).isNotNull();
        assertThat(small.open("e", false, 600, FENCE))
                .as("there are two rests, a third in the place of a session, and a session")
                .isNull();
        rests.get(0).end();
        assertThat(small.open("e", false, 600, FENCE)).isNotNull();
        small.close();
    }

    @Test
    void aSecondCopyIsToldByWhatTheSessionTookAtTheHomesBefore() {
        ClientSession old = open(oldHome);
        Message twice = message("twice");
        ClientSession there = move(oldHome, newHome, FENCE + 1);
        deliver(there, twice); // came directly
        deliver(old, twice); // and to the old home, where it is left behind
        JournalBatch has = newHome.journal().batch();
        there.forgetThrough(there.journal().lastSequence(), has); // the client has it
        has.commit();
        Sessions third = sessions(new HeapRecordStore(), 1);
        ClientSession home = move(newHome, third, FENCE + 2);
        Message direct = message("direct");
        deliver(home, direct);

        Residue residue = residues(oldHome).leave(CLIENT, 0, NEW_HOME, INTEREST, Set.of(ABSENT));
        assertThat(residue).isNotNull();
        deliver(residue.session(), direct);
        deliver(residue.session(), message("late"));
        SessionImport rest = third.receive(CLIENT, FENCE + 2, OLD_HOME, residue.begin(), 0);
        copy(residue.export(), rest);
        rest.open();
        rest.finish(3, () -> {});

        assertThat(queue(third.journal().store())).containsExactly("direct", "late");
        third.close();
    }

    @Test
    void copiesAreToldApartUntilTheMinuteOfTheLastMoveIsOver() {
        ClientSession session = open(newHome);
        Message again = message("again");
        session.moveHere();
        Runnable firstMinute = session.settling();
        deliver(session, again);
        session.moveHere();
        Runnable secondMinute = session.settling();

        firstMinute.run();
        deliver(session, again);
        assertThat(session.queued()).isEqualTo(1);

        secondMinute.run();
        deliver(session, again);
        assertThat(session.queued()).isEqualTo(2);
    }

    @Test
    void ofTheRestsOfOneClientTheLastTakesWhatComes() {
        Residues left = residues(oldHome);
        List<Residue> rests = new ArrayList<>();
        for (int stay = 0; stay < 3; stay++) {
            assertThat(oldHome.open(CLIENT, false, 600, FENCE + stay)).isNotNull();
            Residue rest = left.leave(CLIENT, 0, NEW_HOME, INTEREST, stay == 2 ? Set.of(PRESENT) : Set.of(ABSENT));
            assertThat(rest).isNotNull();
            left.subscribe(rest.session(), Subscription.of("t", 1));
            rests.add(rest);
        }

        assertThat(left.match(ABSENT, "t", List.of()))
                .extracting(Match::session)
                .containsExactly(rests.get(1).session());
        rests.get(1).heard(ABSENT);
        assertThat(left.match(ABSENT, "t", List.of()))
                .extracting(Match::session)
                .containsExactly(rests.get(0).session());
    }

    @Test
    void whatFindsTheOldHomeAMomentTooLateIsNoDrop() {
        ClientSession old = open(oldHome);
        assertThat(oldHome.moveAway(CLIENT)).isSameAs(old);
        assertThat(old.deliver(new Delivery(message("at both"), 1, false, Delivery.NO_IDS, null)))
                .isFalse();
        assertThat(oldHome.counters().dropped()).isZero();

        ClientSession over = open(oldHome);
        oldHome.end(over);
        over.deliver(new Delivery(message("nowhere"), 1, false, Delivery.NO_IDS, null));
        assertThat(oldHome.counters().dropped(DropReason.SESSION_ENDED)).isOne();
    }

    private static ClientSession move(Sessions from, Sessions to, long fence) {
        from.noteWhole(CLIENT);
        SessionExport export = from.export(CLIENT);
        assertThat(export).isNotNull();
        SessionImport coming = to.receive(CLIENT, fence, OLD_HOME, fence - 1, 0);
        copy(export, coming);
        ClientSession session = coming.open();
        assertThat(session).isNotNull();
        coming.finish(export.through(), () -> {});
        return session;
    }
}
