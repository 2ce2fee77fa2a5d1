package io.meshvine.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SequenceTrackTest {
    private final SequenceTrack track = new SequenceTrack();

    private void arrive(long... sequences) {
        LongStream.of(sequences).forEach(track::arrived);
    }

    @Test
    void countsAnUnbrokenSequenceAsUniqueOnly() {
        LongStream.rangeClosed(1, 3L * SequenceTrack.MEMORY).forEach(track::arrived);

        assertThat(track.unique()).isEqualTo(3L * SequenceTrack.MEMORY);
        assertThat(track.duplicates() + track.reordered() + track.tooOld()).isZero();
    }

    @Test
    void leavesAGapUncounted() {
        arrive(1, 2, 5, 6);

        assertThat(track.unique()).isEqualTo(4);
        assertThat(track.progress()).isEqualTo(6);
    }

    @Test
    void tellsARepeatFromALateArrival() {
        arrive(1, 2, 5, 2, 3, 3);

        assertThat(track.duplicates()).isEqualTo(2);
        assertThat(track.reordered()).isEqualTo(1);
        assertThat(track.unique()).isEqualTo(4);
    }

    @Test
    void doesNotTakeAnOldMarkForARepeatAfterAGapWiderThanItsMemory() {
        LongStream.rangeClosed(1, 10).forEach(track::arrived);
        long far = 10 + 2L * SequenceTrack.MEMORY;
        arrive(far, far - 3);

        assertThat(track.duplicates()).isZero();
        assertThat(track.reordered()).isEqualTo(1);
    }

    @Test
    void reportsWhatIsTooOldToJudge() {
        arrive(1, 2L + SequenceTrack.MEMORY, 2);

        assertThat(track.tooOld()).isEqualTo(1);
        assertThat(track.unique()).isEqualTo(2);
    }

    @Test
    void forgivenMessagesOpenTheWindowAndStayLost() {
        arrive(1, 2);
        track.forgive(10);

        assertThat(track.progress()).isEqualTo(10);
        assertThat(track.unique()).isEqualTo(2);
    }
}
