package io.meshvine.node.security;

import java.io.IOException;
import java.nio.file.Path;

/** A file of keys, users or rules that cannot be used. */
public final class SecurityFileException extends IOException {

    private final String setting;
    private final transient Path file;

    /**
     * @param setting the key that names the file
     * @param problem what is wrong, with the line where there is one
     */
    SecurityFileException(String setting, Path file, String problem) {
        super(problem);
        this.setting = setting;
        this.file = file;
    }

    /** What is wrong in a line, counted from 1. */
    static SecurityFileException inLine(String setting, Path file, int line, String problem) {
        return new SecurityFileException(setting, file, "line " + line + ": " + problem);
    }

    /** A file that cannot be read at all. */
    static SecurityFileException unreadable(String setting, Path file, IOException cause) {
        return new SecurityFileException(setting, file, "cannot be read (" + cause + ")");
    }

    /** The key that names the file. */
    public String setting() {
        return setting;
    }

    public Path file() {
        return file;
    }
}
