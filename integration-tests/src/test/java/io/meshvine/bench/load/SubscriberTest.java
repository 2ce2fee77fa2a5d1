package io.meshvine.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SubscriberTest {
    private final EmbeddedChannel channel = new EmbeddedChannel();

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    @ParameterizedTest
    @CsvSource({"V311,0,1", "V311,1,7", "V311,2,1000", "V5,0,1", "V5,1,13", "V5,2,1000"})
    void readsPublishesHoweverTheStreamIsCut(Protocol protocol, int qos, int cut) {
        Subscriber subscriber = new Subscriber(protocol, "s", false, 4, new LatencyWindow(), () -> {});
        SequenceTrack track = subscriber.expect(3);
        channel.pipeline().addLast(subscriber);
        discardConnect();
        PublishTemplate template = new PublishTemplate(protocol, "a/b", qos, 300, 3);
        ByteBuf stream = Unpooled.buffer();
        for (int sequence = 1; sequence <= 20; sequence++) {
            template.write(stream, sequence, sequence, 0);
        }

        while (stream.isReadable()) {
            channel.writeInbound(stream.readRetainedSlice(Math.min(cut, stream.readableBytes()))
                    .copy());
        }

        assertThat(track.unique()).isEqualTo(20);
        assertThat(track.duplicates() + track.reordered()).isZero();
        assertThat(subscriber.received()).isEqualTo(20);
        assertThat(acknowledgements()).isEqualTo(qos == 0 ? 0 : 20);
    }

    @ParameterizedTest
    @CsvSource({"V311", "V5"})
    void countsWhatNobodySentAsStrangers(Protocol protocol) {
        Subscriber subscriber = new Subscriber(protocol, "s", false, 4, new LatencyWindow(), () -> {});
        subscriber.expect(3);
        channel.pipeline().addLast(subscriber);
        PublishTemplate other = new PublishTemplate(protocol, "a/b", 0, 100, 2);
        ByteBuf stream = Unpooled.buffer();
        other.write(stream, 0, 1, 0);

        channel.writeInbound(stream);

        assertThat(subscriber.strangers()).isEqualTo(1);
    }

    private void discardConnect() {
        channel.releaseOutbound();
    }

    private int acknowledgements() {
        int bytes = 0;
        for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
            bytes += out.readableBytes();
            out.release();
        }
        return bytes / 4;
    }
}
