package io.meshvine.node.security;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Reads files that people write. Stateless. */
final class TextFile {

    /** Larger files are taken for a mistake, before anything is read. */
    private static final long MAX_BYTES = 256L << 20;

    private TextFile() {}

    /** All lines of a file of UTF-8 text. */
    static List<String> lines(String setting, Path file) throws SecurityFileException {
        try {
            check(setting, file);
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw wrapped(setting, file, e);
        }
    }

    /** A file of UTF-8 text. */
    static String text(String setting, Path file) throws SecurityFileException {
        try {
            check(setting, file);
            return Files.readString(file);
        } catch (IOException e) {
            throw wrapped(setting, file, e);
        }
    }

    private static void check(String setting, Path file) throws IOException {
        if (Files.size(file) > MAX_BYTES) {
            throw new SecurityFileException(setting, file, "is larger than " + MAX_BYTES + " bytes");
        }
    }

    private static SecurityFileException wrapped(String setting, Path file, IOException cause) {
        return cause instanceof SecurityFileException ours
                ? ours
                : SecurityFileException.unreadable(setting, file, cause);
    }
}
