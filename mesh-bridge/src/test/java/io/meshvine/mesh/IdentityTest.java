package io.meshvine.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.meshvine.mesh.MeshStatus.LinkState;
import io.meshvine.mesh.store.HeapRecordStore;
import io.meshvine.mesh.wire.FrameKind;
import io.meshvine.mesh.wire.Position;
import io.meshvine.mesh.wire.WireException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Two nodes with one identity: a next life, or a copy of a data folder. */
class IdentityTest {
    private static final Interest WANTED = new Interest(Interest.NO_GROUP, "a/#", 1);
    private static final Logger LOGGER = (Logger) LoggerFactory.getLogger("io.meshvine.mesh");
    private static final long EPOCH = 5;

    private final LoneBridge lone = new LoneBridge(MeshOptions.defaults("mesh", "lone"), new HeapRecordStore(), EPOCH);
    private final List<MeshStatus.Refusal> displaced = new ArrayList<>();

    IdentityTest() {
        lone.bridge.onDisplaced(displaced::add);
    }

    @BeforeAll
    static void expectsRefusals() {
        LOGGER.setLevel(Level.OFF);
    }

    @AfterAll
    static void expectsNoneAnyMore() {
        LOGGER.setLevel(null);
    }

    private LoneBridge.Peer copyOf(LoneBridge.Peer first, long epoch) {
        LoneBridge.Peer copy = lone.new Peer(first.id, 90);
        copy.appear();
        copy.greet("mesh", epoch);
        return copy;
    }

    private String refusalOf(LoneBridge.Peer peer) {
        return lone.status().refused().stream()
                .filter(refusal -> refusal.address().equals(peer.address))
                .map(MeshStatus.Refusal::reason)
                .findFirst()
                .orElse("");
    }

    @Test
    void aCopyIsRefusedWhereTheFirstOneAnswers() throws WireException {
        LoneBridge.Peer first = lone.connected(1, WANTED);
        LoneBridge.Peer copy = copyOf(first, 2);
        assertThat(copy.got(FrameKind.INTEREST_SNAPSHOT)).isEmpty();
        for (int i = 0; i < 3; i++) {
            lone.run(300);
            first.answerProbe();
            lone.run(300);
            assertThat(refusalOf(copy)).contains("its data folder is a copy");
            copy.greet("mesh", 2);
        }
        assertThat(lone.link(first).state()).isEqualTo(LinkState.CONNECTED);
        assertThat(lone.status().members()).extracting(MeshStatus.Member::epoch).containsExactly(1L);
        assertThat(copy.got(FrameKind.INTEREST_SNAPSHOT)).isEmpty();
    }

    /** An answer that was on its way before is no sign of life. */
    @Test
    void anAnswerToAnEarlierProbeRefutesNobody() throws WireException {
        LoneBridge.Peer first = lone.connected(1, WANTED);
        lone.run(5_000);
        assertThat(first.got(FrameKind.PING)).isNotEmpty();
        first.answerProbe();
        LoneBridge.Peer next = lone.new Peer(first.id, 90);
        next.appear();
        next.greet("mesh", 2);
        lone.run(2_000);
        assertThat(refusalOf(next)).isEmpty();
        first.vanish();
        assertThat(lone.status().members()).extracting(MeshStatus.Member::epoch).containsExactly(2L);
    }

    @Test
    void aNextLifeIsTakenAsSoonAsTheEarlierOneIsOutOfTheView() {
        LoneBridge.Peer first = lone.connected(1, WANTED);
        LoneBridge.Peer next = copyOf(first, 2);
        lone.run(4_000);
        assertThat(lone.status().members()).extracting(MeshStatus.Member::epoch).containsExactly(1L);
        assertThat(refusalOf(next)).isEmpty();

        first.vanish();

        assertThat(lone.status().members()).extracting(MeshStatus.Member::epoch).containsExactly(2L);
        assertThat(lone.link(next).state()).isEqualTo(LinkState.CONNECTED);
    }

    @Test
    void aNextLifeAfterAGoodbyeIsTakenAtOnce() {
        LoneBridge.Peer first = lone.connected(1, WANTED);
        LoneBridge.Peer next = copyOf(first, 2);
        first.send(FrameKind.GOODBYE, new byte[0]);
        assertThat(lone.link(next).state()).isEqualTo(LinkState.CONNECTED);
        assertThat(refusalOf(next)).isEmpty();
    }

    @Test
    void whoIsLaterLeavesAndSaysWhy() {
        LoneBridge.Peer third = lone.connected(1, WANTED);
        lone.run(3_000);
        LoneBridge.Peer elder = lone.new Peer(LoneBridge.SELF, 91);
        elder.appear();
        elder.greet("mesh", EPOCH + 1, Position.NONE, 60_000);

        assertThat(displaced).hasSize(1);
        assertThat(displaced.get(0).address()).isEqualTo(elder.address);
        assertThat(displaced.get(0).reason()).contains("was there first").contains("data folder");
        assertThat(third.got(FrameKind.GOODBYE)).hasSize(1);
    }

    @Test
    void whoWasThereFirstStaysAndRefusesTheOther() {
        LoneBridge.Peer third = lone.connected(1, WANTED);
        lone.run(3_000);
        LoneBridge.Peer copy = lone.new Peer(LoneBridge.SELF, 91);
        copy.appear();
        copy.greet("mesh", EPOCH - 1, Position.NONE, 100);

        assertThat(displaced).isEmpty();
        assertThat(refusalOf(copy)).contains("came after this node").contains("copy");
        assertThat(lone.link(third).state()).isEqualTo(LinkState.CONNECTED);
    }

    @Test
    void ofTwoThatCameTogetherTheOneInTheEarlierLifeStays() {
        LoneBridge.Peer later = lone.new Peer(LoneBridge.SELF, 91);
        later.appear();
        later.greet("mesh", EPOCH + 1, Position.NONE, 1_000);
        assertThat(displaced).isEmpty();
        LoneBridge.Peer earlier = lone.new Peer(LoneBridge.SELF, 92);
        earlier.appear();
        earlier.greet("mesh", EPOCH - 1, Position.NONE, lone.nowMillis());
        assertThat(displaced).hasSize(1);
    }

    @Test
    void agreesWithNobodyBeforeAllHaveIntroducedThemselves() {
        LoneBridge.Peer one = lone.new Peer(1);
        LoneBridge.Peer other = lone.new Peer(2);
        lone.appear(one, other);
        one.greet("mesh", 1);
        lone.run(400);
        assertThat(lone.status().links()).isEmpty();
        other.greet("mesh", 1);
        assertThat(lone.status().links())
                .extracting(MeshStatus.Link::state)
                .containsExactly(LinkState.CONNECTED, LinkState.CONNECTED);
    }

    @Test
    void doesNotWaitForeverForWhoSaysNothing() {
        LoneBridge.Peer one = lone.new Peer(1);
        lone.appear(one, lone.new Peer(2));
        one.greet("mesh", 1);
        lone.run(1_500);
        assertThat(lone.link(one).state()).isEqualTo(LinkState.CONNECTED);
    }
}
