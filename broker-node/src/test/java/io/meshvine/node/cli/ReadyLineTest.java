package io.meshvine.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReadyLineTest {

    @Test
    void readsBackWhatItWrote() {
        String text = "ready name=a mqtt=127.0.0.1:1883 ws=off mesh=[::1]:7800 admin=127.0.0.1:8080";

        ReadyLine line = ReadyLine.parse(text).orElseThrow();

        assertThat(line).hasToString(text);
        assertThat(line.address("mqtt")).isEqualTo("127.0.0.1:1883");
        assertThat(line.address("coap")).isEqualTo("off");
    }

    @Test
    void isNoOtherLine() {
        assertThat(ReadyLine.parse("2026 INFO ready name=a")).isEmpty();
        assertThat(ReadyLine.parse("ready steady go")).isEmpty();
        assertThat(ReadyLine.parse("")).isEmpty();
    }
}
