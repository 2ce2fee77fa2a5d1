package io.meshvine.mesh.interest;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.mesh.Seed;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopicFiltersTest {

    /** MQTT 5, 4.7.1 to 4.7.3, the standard's own examples first. */
    @ParameterizedTest(name = "{0} : {1} -> {2}")
    @CsvSource({
        "sport/tennis/player1/#, sport/tennis/player1, true",
        "sport/tennis/player1/#, sport/tennis/player1/ranking, true",
        "sport/tennis/player1/#, sport/tennis/player1/score/wimbledon, true",
        "sport/#, sport, true",
        "#, sport/tennis, true",
        "sport/tennis/+, sport/tennis/player1, true",
        "sport/tennis/+, sport/tennis/player1/ranking, false",
        "sport/+, sport, false",
        "sport/+, sport/, true",
        "+/+, /finance, true",
        "/+, /finance, true",
        "+, /finance, false",
        "#, $SYS/monitor/Clients, false",
        "+/monitor/Clients, $SYS/monitor/Clients, false",
        "+, $SYS, false",
        "$SYS/#, $SYS/monitor/Clients, true",
        "$SYS/#, $SYS, true",
        "$SYS/monitor/+, $SYS/monitor/Clients, true",
        "$SYS, $SYS, true",
        "a/$b/+, a/$b/c, true",
        "a/+/c, a/$b/c, true",
        "a/#, a/$b, true",
        "ACCOUNTS, Accounts, false",
        "a/b, a/b, true",
        "a/b, a/b/, false",
        "a/b/, a/b, false",
        "a//b, a//b, true",
        "a//b, a/b, false",
        "a/+/b, a//b, true",
        "a/, a/, true",
        "a/, a//, false",
        "a//, a/, false",
        "/, /, true",
        "+/+, /, true",
        "+, /, false",
        "/#, /, true",
        "/#, /a/b, true",
        "/#, a, false",
        "+/#, a, true",
        "+/#, a/b, true",
        "a/+/#, a, false",
        "a/+/#, a/b, true",
        "a/+/+, a/b, false",
        "ab, a, false",
        "a, ab, false",
        "grün/+, grün/ß, true",
        "日本/#, 日本/東京/駅, true",
    })
    void matchesAsTheStandardSays(String filter, String topic, boolean expected) {
        assertThat(TopicFilters.matches(filter, topic)).isEqualTo(expected);
        assertThat(TopicSamples.matches(filter, topic)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "/", "//", "a/b", "a b", " ", "$SYS/x", "a/$b", "\u00fc/\ud83d\ude00"})
    void acceptsTopicNames(String topic) {
        assertThat(TopicFilters.isValidTopicName(topic)).isTrue();
        assertThat(TopicFilters.isValidFilter(topic)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"+", "#", "a/+", "+/a", "a/#", "+/+/#", "/+", "/#", "$SYS/#", "$share/g/#", "a/+/b"})
    void acceptsWildcardsInFiltersOnly(String filter) {
        assertThat(TopicFilters.isValidFilter(filter)).isTrue();
        assertThat(TopicFilters.isValidTopicName(filter)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a#", "a/#/b", "#/a", "##", "a/b#", "+a", "a+", "a/+b/c", "a/b+/c", "++", "#+", "+#"})
    void refusesFilters(String filter) {
        assertThat(TopicFilters.isValidFilter(filter)).isFalse();
        assertThat(TopicFilters.isValidTopicName(filter)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\u0000b", "\ud83d", "\ude00", "a\ud83d/b", "\ude00\ud83d"})
    void refusesWhatUtf8CannotCarry(String text) {
        assertThat(TopicFilters.isValidFilter(text)).isFalse();
        assertThat(TopicFilters.isValidTopicName(text)).isFalse();
    }

    @Test
    void measuresLengthInBytesOfUtf8() {
        assertThat(TopicFilters.isValidTopicName("x".repeat(65_535))).isTrue();
        assertThat(TopicFilters.isValidTopicName("x".repeat(65_536))).isFalse();
        assertThat(TopicFilters.isValidTopicName("\u00fc".repeat(32_767))).isTrue();
        assertThat(TopicFilters.isValidTopicName("\u00fc".repeat(32_768))).isFalse();
        assertThat(TopicFilters.isValidTopicName("\u6771".repeat(21_845))).isTrue();
        assertThat(TopicFilters.isValidTopicName("\u6771".repeat(21_846))).isFalse();
        assertThat(TopicFilters.isValidTopicName("\ud83d\ude00".repeat(16_383))).isTrue();
        assertThat(TopicFilters.isValidTopicName("\ud83d\ude00".repeat(16_384))).isFalse();
    }

    @Test
    void boundsTheLevels() {
        String deepest = "a" + "/a".repeat(TopicFilters.MAX_LEVELS - 1);
        assertThat(TopicFilters.isValidFilter(deepest)).isTrue();
        assertThat(TopicFilters.isValidTopicName(deepest)).isTrue();
        assertThat(TopicFilters.isValidFilter(deepest + "/")).isFalse();
        assertThat(TopicFilters.isValidTopicName(deepest + "/")).isFalse();
        assertThat(TopicFilters.isValidFilter("+/".repeat(16_000) + "#")).isFalse();
    }

    @ParameterizedTest(name = "{0} covers {1}: {2}")
    @CsvSource({
        "#, a/b, true",
        "#, +, true",
        "#, #, true",
        "#, +/#, true",
        "+/#, #, true",
        "+/#, +/+, true",
        "#, $x/#, false",
        "+/a, $x/a, false",
        "$x/#, $x/+/a, true",
        "a/#, a, true",
        "a/#, a/+/c, true",
        "a/#, a/#, true",
        "a/+, a/#, false",
        "a/+, a/+, true",
        "a/+, a/b, true",
        "a/b, a/+, false",
        "a/+/#, a/#, false",
        "a/+/#, a/b/#, true",
        "+/+, +/#, false",
        "+, #, false",
        "a, a/#, false",
    })
    void tellsWhichFilterCoversAnother(String filter, String other, boolean expected) {
        assertThat(TopicFilters.covers(filter, other)).isEqualTo(expected);
        assertThat(TopicSamples.covers(filter, other)).isEqualTo(expected);
    }

    @Test
    void coversExactlyTheSetsOfTopicsThatAreSubsets() {
        RandomGenerator random = Seed.random("coversExactlyTheSetsOfTopicsThatAreSubsets");
        for (int i = 0; i < 3_000; i++) {
            String filter = TopicSamples.filter(random);
            String other = TopicSamples.filter(random);
            assertThat(TopicFilters.covers(filter, other))
                    .as("%s covers %s", filter, other)
                    .isEqualTo(TopicSamples.covers(filter, other));
        }
    }

    @Test
    void takesSharedFiltersApart() {
        assertThat(TopicFilters.parseShared("$share/g/a/+")).isEqualTo(new SharedFilter("g", "a/+"));
        assertThat(TopicFilters.parseShared("$share/g//a")).isEqualTo(new SharedFilter("g", "/a"));
        assertThat(TopicFilters.parseShared("$share/g/$SYS/#")).isEqualTo(new SharedFilter("g", "$SYS/#"));
        assertThat(TopicFilters.parseShared("$share/g/#")).isEqualTo(new SharedFilter("g", "#"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "$share/",
                "$share//",
                "$share//a",
                "$share/g",
                "$share/g/",
                "$share/+/a",
                "$share/g+/a",
                "$share/#/a",
                "$share/g/a#",
                "$share/g/a/#/b",
                "$share/g\u0000/a"
            })
    void refusesMalformedSharedFilters(String filter) {
        assertThat(TopicFilters.isShared(filter)).isTrue();
        assertThat(TopicFilters.parseShared(filter)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "$share", "$shared/g/a", "share/g/a", "$SHARE/g/a", "/$share/g/a"})
    void leavesOrdinaryFiltersAlone(String filter) {
        assertThat(TopicFilters.isShared(filter)).isFalse();
        assertThat(TopicFilters.parseShared(filter)).isNull();
    }
}
