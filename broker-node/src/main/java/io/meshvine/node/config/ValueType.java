package io.meshvine.node.config;

import java.math.BigDecimal;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How the text of a setting becomes a value.
 *
 * @param expectation what a valid text looks like, to end the sentence "expected ..."
 * @param parser throws {@link IllegalArgumentException} on any other text
 */
record ValueType<T>(String expectation, Function<String, T> parser) {

    private static final Pattern DURATION = Pattern.compile("(\\d{1,15})(ms|s|m|h|d)");
    private static final Pattern SIZE = Pattern.compile("(\\d{1,18})(B|KiB|MiB|GiB)?");

    static ValueType<Integer> port() {
        return new ValueType<>("a port, 1 to 65535, or 0 for any free one, or -1 for off", text -> {
            int port = Integer.parseInt(text);
            return inRange(port, -1, 65_535);
        });
    }

    static ValueType<Integer> integer(int least, int most) {
        return new ValueType<>("a whole number from " + least + " to " + most, text -> {
            int number = Integer.parseInt(text);
            return inRange(number, least, most);
        });
    }

    static ValueType<Boolean> bool() {
        return new ValueType<>("true or false", text -> switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException(text);
        });
    }

    /** A duration with its unit: {@code 500ms}, {@code 2s}, {@code 5m}, {@code 24h}, {@code 7d}. */
    static ValueType<Duration> duration(String least, String most) {
        Duration low = parseDuration(least);
        Duration high = parseDuration(most);
        return new ValueType<>(
                "a duration from " + least + " to " + most + ", with its unit (ms, s, m, h, d)", text -> {
                    Duration value = parseDuration(text);
                    if (value.compareTo(low) < 0 || value.compareTo(high) > 0) {
                        throw new IllegalArgumentException(text);
                    }
                    return value;
                });
    }

    /** A duration, or the word never for that one. */
    static ValueType<Duration> durationOrNever(String least, String most, Duration never) {
        ValueType<Duration> number = duration(least, most);
        return new ValueType<>(
                number.expectation() + ", or never",
                text -> text.equals("never") ? never : number.parser().apply(text));
    }

    /** A number of bytes: {@code 512}, {@code 64KiB}, {@code 1MiB}, {@code 2GiB}. */
    static ValueType<Long> size(String least, String most) {
        long low = parseSize(least);
        long high = parseSize(most);
        return new ValueType<>(
                "a size from " + least + " to " + most + ", in bytes or with a unit (KiB, MiB, GiB)",
                text -> inRange(parseSize(text), low, high));
    }

    /** One of an enum's constants, written in lower case with dashes. */
    static <E extends Enum<E>> ValueType<E> oneOf(Class<E> values) {
        List<String> names = Arrays.stream(values.getEnumConstants())
                .map(constant -> constant.name().toLowerCase(Locale.ROOT).replace('_', '-'))
                .toList();
        return new ValueType<>("one of " + String.join(", ", names), text -> {
            if (!names.contains(text)) {
                throw new IllegalArgumentException(text);
            }
            return Enum.valueOf(values, text.toUpperCase(Locale.ROOT).replace('-', '_'));
        });
    }

    /** Text that matches a pattern. */
    static ValueType<String> text(String expectation, String pattern) {
        Pattern compiled = Pattern.compile(pattern);
        return new ValueType<>(expectation, text -> {
            if (!compiled.matcher(text).matches()) {
                throw new IllegalArgumentException(text);
            }
            return text;
        });
    }

    /** Comma-separated texts that match a pattern. */
    static ValueType<List<String>> list(String expectation, String pattern) {
        Pattern compiled = Pattern.compile(pattern);
        return new ValueType<>(expectation, text -> {
            List<String> parts =
                    Arrays.stream(text.split(",", -1)).map(String::trim).toList();
            if (text.isEmpty()) {
                return List.of();
            }
            if (!parts.stream().allMatch(part -> compiled.matcher(part).matches())) {
                throw new IllegalArgumentException(text);
            }
            return parts;
        });
    }

    /** Comma-separated blocks of addresses. */
    static ValueType<List<Cidr>> cidrs() {
        return new ValueType<>("a list of addresses or blocks of them, as 10.0.0.0/8,fd00::/8", text -> {
            List<Cidr> blocks = new ArrayList<>();
            for (String part : text.split(",", -1)) {
                if (!text.isEmpty()) {
                    blocks.add(Cidr.parse(part.trim()));
                }
            }
            return List.copyOf(blocks);
        });
    }

    static ValueType<Path> path() {
        return new ValueType<>("a path", text -> {
            try {
                return Path.of(text);
            } catch (InvalidPathException e) {
                throw new IllegalArgumentException(e);
            }
        });
    }

    /** Comma-separated {@code host:port}; the port may be left out. */
    static ValueType<List<HostPort>> addresses(int defaultPort) {
        return new ValueType<>("a list of host:port", text -> {
            List<HostPort> addresses = new ArrayList<>();
            for (String part : text.split(",", -1)) {
                addresses.add(HostPort.parse(part, defaultPort));
            }
            return List.copyOf(addresses);
        });
    }

    private static <N extends Number & Comparable<N>> N inRange(N value, N least, N most) {
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw new IllegalArgumentException(value.toString());
        }
        return value;
    }

    private static Duration parseDuration(String text) {
        if (text.equals("0")) {
            return Duration.ZERO;
        }
        Matcher match = DURATION.matcher(text);
        if (!match.matches()) {
            throw new IllegalArgumentException(text);
        }
        try {
            return Duration.of(Long.parseLong(match.group(1)), durationUnit(match.group(2)));
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static long parseSize(String text) {
        Matcher match = SIZE.matcher(text);
        if (!match.matches()) {
            throw new IllegalArgumentException(text);
        }
        try {
            return new BigDecimal(match.group(1))
                    .multiply(BigDecimal.valueOf(sizeUnit(match.group(2))))
                    .longValueExact();
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static ChronoUnit durationUnit(String suffix) {
        return switch (suffix) {
            case "ms" -> ChronoUnit.MILLIS;
            case "s" -> ChronoUnit.SECONDS;
            case "m" -> ChronoUnit.MINUTES;
            case "h" -> ChronoUnit.HOURS;
            case "d" -> ChronoUnit.DAYS;
            default -> throw new IllegalArgumentException(suffix);
        };
    }

    private static long sizeUnit(@Nullable String suffix) {
        return switch (suffix == null ? "B" : suffix) {
            case "B" -> 1;
            case "KiB" -> 1L << 10;
            case "MiB" -> 1L << 20;
            case "GiB" -> 1L << 30;
            default -> throw new IllegalArgumentException(suffix);
        };
    }
}
