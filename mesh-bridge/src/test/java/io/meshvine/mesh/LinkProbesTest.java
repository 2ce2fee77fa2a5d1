package io.meshvine.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.mesh.MeshDiagnosis.Finding;
import io.meshvine.mesh.MeshStatus.LinkState;
import io.meshvine.mesh.wire.FrameHeader;
import io.meshvine.mesh.wire.FrameKind;
import io.meshvine.mesh.wire.Probe;
import io.meshvine.mesh.wire.ProbeReport;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireReader;
import io.meshvine.mesh.wire.WireWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Probing of links end to end, with peers that the test plays. */
class LinkProbesTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    private final LoneBridge node = new LoneBridge(MeshOptions.defaults("mesh", "node"));
    private final LoneBridge.Peer one = node.connected(1);
    private final LoneBridge.Peer other = node.connected(2);

    @Test
    void endsAsSoonAsAllHaveAnsweredAndReported() throws WireException {
        CompletableFuture<MeshDiagnosis> diagnosis = start();
        node.run(7);
        answer(one);
        answer(other);
        report(one, new Finding(one.id, other.id, LinkState.CONNECTED, 300));
        assertThat(diagnosis).isNotDone();
        report(other, new Finding(other.id, one.id, LinkState.CONNECTED, 400));

        MeshDiagnosis found = diagnosis.join();
        assertThat(found.silent()).isEmpty();
        assertThat(found.findings()).hasSize(4).allMatch(Finding::isAnswered);
        assertThat(finding(found, LoneBridge.SELF, one.id).rttMicros()).isGreaterThanOrEqualTo(7_000);
        assertThat(finding(found, other.id, one.id).rttMicros()).isEqualTo(400);
    }

    @Test
    void findsAPeerThatIsConnectedAndDoesNotAnswer() throws WireException {
        CompletableFuture<MeshDiagnosis> diagnosis = start();
        answer(one);
        report(one, new Finding(one.id, other.id, LinkState.CONNECTED, MeshDiagnosis.NO_ANSWER));
        node.run(2 * TIMEOUT.toMillis());

        MeshDiagnosis found = diagnosis.join();
        assertThat(found.silent()).containsExactly(other.id);
        assertThat(finding(found, LoneBridge.SELF, one.id).isAnswered()).isTrue();
        assertThat(finding(found, LoneBridge.SELF, other.id).isAnswered()).isFalse();
        assertThat(finding(found, one.id, other.id).isAnswered()).isFalse();
    }

    @Test
    void showsAPeerThatLeftAsAbsent() {
        other.vanish();
        CompletableFuture<MeshDiagnosis> diagnosis = start();
        node.run(2 * TIMEOUT.toMillis());

        Finding away = finding(diagnosis.join(), LoneBridge.SELF, other.id);
        assertThat(away.state()).isEqualTo(LinkState.ABSENT);
        assertThat(away.isAnswered()).isFalse();
    }

    @Test
    void answersAPeersProbeAtOnceAndReportsWhatItsOwnLinksSaid() throws WireException {
        one.send(FrameKind.PROBE, new Probe(77, true, 500).encode());
        assertThat(numberOf(one.got(FrameKind.PROBE_ANSWER).get(0))).isEqualTo(77);
        assertThat(one.got(FrameKind.PROBE_REPORT)).isEmpty();
        answer(other);
        node.run(500);

        WireReader in = payload(one.got(FrameKind.PROBE_REPORT).get(0));
        ProbeReport report = ProbeReport.decode(in, LoneBridge.SELF);
        assertThat(report.number()).isEqualTo(77);
        assertThat(report.findings())
                .extracting(Finding::to, Finding::isAnswered)
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple(one.id, false),
                        org.assertj.core.groups.Tuple.tuple(other.id, true));
    }

    @Test
    void aPeerThatAsksForReportsWithoutEndGetsAnswersAndNoMoreWork() {
        for (int i = 1; i <= 200; i++) {
            one.send(FrameKind.PROBE, new Probe(i, true, Probe.MAX_TIMEOUT_MILLIS).encode());
        }
        assertThat(one.got(FrameKind.PROBE_ANSWER)).hasSize(200);
        assertThat(other.got(FrameKind.PROBE)).hasSizeLessThan(50);
        CompletableFuture<MeshDiagnosis> diagnosis = start();
        assertThat(diagnosis).isCompletedExceptionally();
    }

    private CompletableFuture<MeshDiagnosis> start() {
        CompletableFuture<MeshDiagnosis> diagnosis = node.bridge.diagnose(TIMEOUT);
        node.run(1);
        return diagnosis;
    }

    private void answer(LoneBridge.Peer peer) throws WireException {
        List<byte[]> probes = peer.got(FrameKind.PROBE);
        peer.send(
                FrameKind.PROBE_ANSWER,
                new WireWriter(9)
                        .writeVarLong(numberOf(probes.get(probes.size() - 1)))
                        .toByteArray());
    }

    private void report(LoneBridge.Peer peer, Finding finding) throws WireException {
        List<byte[]> probes = peer.got(FrameKind.PROBE);
        peer.send(
                FrameKind.PROBE_REPORT,
                new ProbeReport(numberOf(probes.get(probes.size() - 1)), List.of(finding)).encode());
    }

    private static long numberOf(byte[] frame) throws WireException {
        return payload(frame).readSequence();
    }

    private static WireReader payload(byte[] frame) throws WireException {
        WireReader in = WireReader.of(frame);
        FrameHeader.read(in);
        return in;
    }

    private static Finding finding(MeshDiagnosis diagnosis, NodeId from, NodeId to) {
        return diagnosis.findings().stream()
                .filter(finding -> finding.from().equals(from) && finding.to().equals(to))
                .findFirst()
                .orElseThrow();
    }
}
