package io.meshvine.node.identity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

/**
 * Numbers the lives of a node. Each boot takes a number above all before, on disk before it is used. Wall-clock seconds
 * are a floor, so that a folder restored from a backup does not repeat numbers that were given out after the backup; a
 * clock that stands wrong costs that protection only, never the growth.
 */
final class EpochCounter {

    private static final Pattern FORM = Pattern.compile("epoch (\\d{1,18})\n");

    private final Path file;
    private final LongSupplier wallSeconds;

    EpochCounter(Path file, LongSupplier wallSeconds) {
        this.file = file;
        this.wallSeconds = wallSeconds;
    }

    /** Starts to count; before the first life. */
    void create() throws IOException {
        write(0);
    }

    /** Takes the next number. */
    long next() throws IOException {
        String text = Files.readString(file);
        var match = FORM.matcher(text);
        if (!match.matches()) {
            throw new DataDirException(
                    file,
                    "does not say how often this node started",
                    "restore it from a backup, or move the whole folder away to start as a new node");
        }
        long next = Math.max(Long.parseLong(match.group(1)) + 1, wallSeconds.getAsLong());
        write(next);
        return next;
    }

    private void write(long epoch) throws IOException {
        DurableFile.replace(file, "epoch " + epoch + "\n");
    }
}
