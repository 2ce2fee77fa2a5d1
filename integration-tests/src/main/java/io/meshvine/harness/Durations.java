package io.meshvine.harness;

import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code 500ms}, {@code 6s} and {@code 2m} on the command line. */
public final class Durations implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
        try {
            if (text.endsWith("ms")) {
                return Duration.ofMillis(Long.parseLong(text.substring(0, text.length() - 2)));
            }
            long amount = Long.parseLong(text.substring(0, text.length() - 1));
            if (text.endsWith("s")) {
                return Duration.ofSeconds(amount);
            }
            if (text.endsWith("m")) {
                return Duration.ofMinutes(amount);
            }
        } catch (NumberFormatException | StringIndexOutOfBoundsException e) {
            throw new TypeConversionException("\"" + text + "\" is no duration: write 500ms, 6s or 2m");
        }
        throw new TypeConversionException("\"" + text + "\" has no unit: write 500ms, 6s or 2m");
    }
}
