package io.meshvine.node.security;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files that are read again when they change. What is garbled is not taken: what was read before stays in force, and the
 * log says so. Confined to one thread after the first reading.
 */
public final class WatchedFiles {

    private static final Logger LOG = LoggerFactory.getLogger(WatchedFiles.class);

    /** Reads the files and puts what they say in force, or throws and changes nothing. */
    @FunctionalInterface
    interface Reading {
        void read() throws SecurityFileException;
    }

    private final List<Path> files;
    private final Reading reading;
    private String inForce;
    private String seen;

    private WatchedFiles(List<Path> files, Reading reading) {
        this.files = files;
        this.reading = reading;
        this.inForce = fingerprint();
        this.seen = inForce;
    }

    /**
     * Reads for the first time.
     *
     * @throws SecurityFileException if the files cannot be used
     */
    static WatchedFiles read(List<Path> files, Reading reading) throws SecurityFileException {
        WatchedFiles watched = new WatchedFiles(List.copyOf(files), reading);
        reading.read();
        return watched;
    }

    /**
     * Reads again if the files changed and have been left alone since the last call, so that no half-written file is
     * taken.
     *
     * @return whether something new is in force
     */
    public boolean check() {
        String now = fingerprint();
        boolean settled = now.equals(seen);
        seen = now;
        if (!settled || now.equals(inForce)) {
            return false;
        }
        return readAgain(now);
    }

    /** Reads again now, whether anything changed or not; returns whether that is in force. */
    public boolean readNow() {
        String now = fingerprint();
        seen = now;
        return readAgain(now);
    }

    private boolean readAgain(String now) {
        inForce = now; // The same garbled files are not complained about twice.
        try {
            reading.read();
            LOG.info("read again: {}", names());
            return true;
        } catch (SecurityFileException refused) {
            LOG.warn(
                    "{}={}: {}; what was read before stays in force",
                    refused.setting(),
                    refused.file(),
                    refused.getMessage());
            return false;
        }
    }

    private String names() {
        return files.stream().map(Path::toString).collect(Collectors.joining(", "));
    }

    /** Changes when a file is written, replaced, or what a link points to is another one. */
    private String fingerprint() {
        StringBuilder all = new StringBuilder();
        for (Path file : files) {
            try {
                BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                all.append(attributes.fileKey())
                        .append(' ')
                        .append(attributes.size())
                        .append(' ')
                        .append(attributes.lastModifiedTime())
                        .append('\n');
            } catch (IOException absent) {
                all.append("absent\n"); // Reading it says why.
            }
        }
        return all.toString();
    }
}
