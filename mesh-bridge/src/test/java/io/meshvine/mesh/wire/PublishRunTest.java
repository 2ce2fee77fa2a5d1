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
    @ValueSource(ints = {0x00, 0x01, 0x10, 0x28, 0x60, 0x61})
    void nothingFollowsWhatIsNotBare(int flags) {
        boolean ofGroup = (flags & EncodedPublish.GROUPS) != 0;
        boolean expires = (flags & EncodedPublish.EXPIRES) != 0;
        int[] plain = {flags, 0, 1, 'a', 1, 0, EncodedPublish.FURTHER, 1, 'p'}; // flags, age, topic, body, one more
        int[] grouped = {flags, 0, 1, 1, 'g', 1, 'f', 1, 'a', 1, 0, EncodedPublish.FURTHER, 1, 'p'};
        int[] expiring = {flags, 0, 9, 1, 'a', 1, 0, EncodedPublish.FURTHER, 1, 'p'};

        assertThatThrownBy(() -> read(reader, expires ? expiring : ofGroup ? grouped : plain))
                .isInstanceOf(WireException.class)
                .hasMessageContaining("more");
    }

    @Test
    void aGuaranteedRunIsReadBackWithItsBodies() throws WireException {
        GuaranteedRun guaranteed = new GuaranteedRun(new NodeId(1, 1), 1, "a", 2, 0, Runnable::run);
        for (String payload : List.of("1", "", "x".repeat(200))) {
            byte[] body = ("\u0002\u0001\u0001" + payload).getBytes(StandardCharsets.UTF_8); // one property
            int at = guaranteed.add(A, body.length);
            System.arraycopy(body, 0, guaranteed.array(), at, body.length);
        }
        guaranteed.end();
        byte[] stored = StoredPublish.encode(guaranteed, guaranteed.flags(), null, 0, 1_000);

        StoredPublish back = StoredPublish.decode(reader, stored, 0, 3_000);
        GuaranteedRun again = GuaranteedRun.of(new NodeId(1, 1), back.arrival());

        assertThat(back.waitedMillis()).isEqualTo(2_000);
        assertThat(back.arrival().count()).isEqualTo(3);
        assertThat(each(List.of(back.arrival()))).containsExactly("a 1", "a ", "a " + "x".repeat(200));
        assertThat(again.unpack(reader, 0).stream().flatMap(arrival -> arrival.each().stream()))
                .extracting(arrival -> arrival.publish().qos())
                .containsExactly(2, 2, 2);
        assertThat(again.size()).isEqualTo(guaranteed.size());
        assertThat(each(again.unpack(reader, 0))).isEqualTo(each(List.of(back.arrival())));
    }

    @Test
    void ofQos1EveryBodyBeginsWithItsProperties() {
        assertThatThrownBy(() -> read(reader, 0x31, 0, 1, 'a', 1, 0, 0x03, 0)).isInstanceOf(WireException.class);
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
