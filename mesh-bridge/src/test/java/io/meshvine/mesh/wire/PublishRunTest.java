package io.meshvine.mesh.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meshvine.mesh.LocalBroker.Arrival;
import io.meshvine.mesh.NodeId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a run holds, as its receiver reads it. */
class PublishRunTest {

    private static final byte[] A = "a".getBytes(StandardCharsets.UTF_8);
    private static final byte[] B = "b".getBytes(StandardCharsets.UTF_8);
    private static final int MAX_PUBLISH = 1_000;

    private final PublishRun run = new PublishRun(new NodeId(1, 1), 1, 0);
    private final PublishReader reader = new PublishReader(MAX_PUBLISH);

    private void bare(byte[] topic, String payload) {
        byte[] bytes = payload.getBytes(StandardCharsets.UTF_8);
        int at = run.addBare(topic, bytes.length);
        System.arraycopy(bytes, 0, run.array(), at, bytes.length);
    }

    private void whole(byte[] topic, byte... body) {
        int at = run.add(topic, body.length);
        System.arraycopy(body, 0, run.array(), at, body.length);
    }

    private List<String> each(List<Arrival> arrivals) {
        List<String> all = new ArrayList<>();
        for (Arrival arrival : arrivals) {
            for (Arrival one : arrival.each()) {
                byte[] body = one.publish().body();
                int from = one.publish().payloadOffset();
                all.add(one.publish().topic() + " "
                        + new String(body, from, body.length - from, StandardCharsets.UTF_8));
            }
        }
        return all;
    }

    @Test
    void publishesOfOneTopicArriveTogetherAndInOrder() throws WireException {
        bare(A, "1");
        bare(A, "");
        bare(A, "x".repeat(300));
        bare(B, "4");
        bare(A, "5");
        bare(A, "6");

        List<Arrival> arrivals = run.unpack(reader, 0);

        assertThat(arrivals).extracting(Arrival::count).containsExactly(3, 1, 2);
        assertThat(each(arrivals)).containsExactly("a 1", "a ", "a " + "x".repeat(300), "b 4", "a 5", "a 6");
        assertThat(run.publishes()).isEqualTo(6);
        assertThat(run.largest()).isEqualTo(302);
    }

    @Test
    void whatHasPropertiesStandsAlone() throws WireException {
        bare(A, "1");
        whole(A, (byte) 2, (byte) 1, (byte) 1, (byte) '2');
        bare(A, "3");

        List<Arrival> arrivals = run.unpack(reader, 0);

        assertThat(arrivals).extracting(Arrival::count).containsExactly(1, 1, 1);
        assertThat(each(arrivals)).containsExactly("a 1", "a 2", "a 3");
    }

    @Test
    void aTopicIsWrittenOnce() {
        byte[] topic = "a/long/topic/of/a/device".getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 100; i++) {
            bare(topic, "payload");
        }
        assertThat(run.size()).isLessThan(100 * (3 + 7) + topic.length + 8);
    }

    private static List<Arrival> read(PublishReader reader, int... entries) throws WireException {
        byte[] bytes = new byte[entries.length];
        for (int i = 0; i < entries.length; i++) {
            bytes[i] = (byte) entries[i];
        }
        return reader.readEntries(WireReader.of(bytes), 0);
    }

    @ParameterizedTest
    @ValueSource(ints = {0x00, 0x21, 0x2c, 0x30, 0x60})
    void nothingFollowsWhatIsNotBare(int flags) {
        // flags, age, topic, body; then a further payload
        assertThatThrownBy(() -> read(reader, flags, 0, 1, 'a', 1, 0, 0x03, 1, 'p'))
                .isInstanceOf(WireException.class);
    }

    @Test
    void aFurtherPayloadNeedsAFirstOneAndItsBytes() {
        assertThatThrownBy(() -> read(reader, 0x03, 1, 'p')).isInstanceOf(WireException.class);
        assertThatThrownBy(() -> read(reader, 0x20, 0, 1, 'a', 1, 0, 0x03, 2, 'p'))
                .isInstanceOf(WireException.class);
        assertThatThrownBy(() -> read(reader, 0x20, 0, 1, 'a', 1, 0, 0x03, 0xff, 0x7f))
                .isInstanceOf(WireException.class);
        assertThatThrownBy(() -> read(reader, 0x20, 0, 1, 'a', 2, 0, 0x80, 0x03))
                .isInstanceOf(WireException.class);
    }
}
