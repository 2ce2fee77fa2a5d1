package io.meshvine.mesh.jgroups;

import static io.meshvine.mesh.jgroups.SendRoom.PACKET_BYTES;
import static io.meshvine.mesh.jgroups.SendRoom.SURE_BYTES;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What goes into a buffer whose end may be cut off at any time. */
class SendRoomTest {

    private static final int SMALL = 150;
    private static final int SMALL_THAT_FIT = SURE_BYTES / (SMALL + PACKET_BYTES);

    private final SendRoom room = new SendRoom();
    private long number;

    private boolean send(int bytes, long acknowledged) {
        boolean has = room.has(bytes, ++number, acknowledged);
        room.write(bytes);
        return has;
    }

    @Test
    void countsSmallMessagesForWhatTheSystemNeedsForThem() {
        for (int i = 0; i < SMALL_THAT_FIT; i++) {
            assertThat(send(SMALL, 0)).as("message %d", i).isTrue();
        }
        assertThat(send(SMALL, 0)).isFalse();
    }

    @Test
    void hasRoomForAsLongAsThePeerAcknowledges() {
        for (int i = 0; i < 1_000; i++) {
            assertThat(send(SMALL, number - number % 8)).as("message %d", i).isTrue();
        }
    }

    @Test
    void countsWhatIsSentAgainAndWhatOthersWrite() {
        assertThat(send(SMALL, 0)).isTrue();
        for (int i = 0; i < SMALL_THAT_FIT; i++) {
            assertThat(room.has(SMALL, number, 0)).as("again").isFalse();
            room.write(SMALL);
        }
        assertThat(send(SMALL, 0)).isFalse();
        assertThat(send(SMALL, number)).as("all acknowledged").isTrue();
    }

    @Test
    void anAcknowledgementFreesWhatWasWrittenBeforeIt() {
        send(SMALL, 0);
        room.write(SURE_BYTES);
        assertThat(send(SMALL, 0)).isFalse();
        assertThat(send(SMALL, 1)).as("the first was before the large one").isFalse();
        assertThat(send(SMALL, 3)).as("the third was behind it").isTrue();
    }

    @Test
    void isCarefulWhenTheOrderBeginsAnew() {
        for (int i = 0; i < SMALL_THAT_FIT; i++) {
            send(SMALL, 0);
        }
        number = 0;
        assertThat(send(SMALL, 0)).isFalse();
        assertThat(send(SMALL, 0)).as("nothing acknowledged since").isFalse();
        assertThat(send(SMALL, 2)).isTrue();
    }
}
