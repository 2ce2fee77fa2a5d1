package io.meshvine.node.identity;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The data folder cannot be used; names the file and what to do. Nothing was changed. */
public final class DataDirException extends RuntimeException {

    DataDirException(Path file, String problem, String remedy, @Nullable Throwable cause) {
        super(file + ": " + problem + "; " + remedy, cause);
    }

    DataDirException(Path file, String problem, String remedy) {
        this(file, problem, remedy, null);
    }
}
