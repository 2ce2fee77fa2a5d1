package io.meshvine.node.security;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Changes a file of users in place: all lines but the one concerned stay as they are, and readers see the old file or the
 * new one. Several at once wait for each other.
 */
public final class PasswordFileEditor {

    private static final String SETTING = "security.password-file";
    private static final int MAX_NAME = 1_024;

    private final Path file;

    public PasswordFileEditor(Path file) {
        this.file = file;
    }

    /** The users, sorted. */
    public Set<String> users() throws IOException {
        return new TreeSet<>(PasswordFile.read(SETTING, file).users().keySet());
    }

    /**
     * Adds a user, with the file if there is none.
     *
     * @throws IOException also if there is that user, or the name cannot be one
     */
    public void add(String name, byte[] password) throws IOException {
        requireName(name);
        change(lines -> {
            if (find(lines, name) >= 0) {
                throw new IOException("there is a user " + name + " already; change the password with: user passwd");
            }
            lines.add(name + ":" + PasswordHash.of(password).text());
        });
    }

    /** Gives a user another password. */
    public void changePassword(String name, byte[] password) throws IOException {
        change(lines -> lines.set(
                require(lines, name), name + ":" + PasswordHash.of(password).text()));
    }

    /** Removes a user. */
    public void delete(String name) throws IOException {
        change(lines -> lines.remove(require(lines, name)));
    }

    private static void requireName(String name) throws IOException {
        boolean control = name.chars().anyMatch(Character::isISOControl);
        if (name.isBlank() || name.length() > MAX_NAME || control || name.indexOf(':') >= 0 || name.startsWith("#")) {
            throw new IOException("a user's name has 1 to " + MAX_NAME
                    + " characters, no colon and no control character, and does not begin with #");
        }
    }

    private int require(List<String> lines, String name) throws IOException {
        int at = find(lines, name);
        if (at < 0) {
            throw new IOException("there is no user " + name + " in " + file);
        }
        return at;
    }

    private static int find(List<String> lines, String name) {
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).startsWith(name + ":")) {
                return i;
            }
        }
        return -1;
    }

    @FunctionalInterface
    private interface Change {
        void apply(List<String> lines) throws IOException;
    }

    private void change(Change change) throws IOException {
        Path lockFile = file.resolveSibling(file.getFileName() + ".lock");
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            boolean exists = Files.exists(file);
            if (exists) {
                PasswordFile.read(SETTING, file); // A garbled file is not made worse.
            }
            List<String> lines = exists ? new ArrayList<>(Files.readAllLines(file)) : new ArrayList<>();
            change.apply(lines);
            write(lines, exists);
            if (lock.isShared()) {
                throw new IOException("could not lock " + lockFile);
            }
        }
    }

    /** Replaces the file at once; a new one is for its owner's eyes only. */
    private void write(List<String> lines, boolean exists) throws IOException {
        Path target = exists ? file.toRealPath() : file;
        Path written = Files.createTempFile(target.toAbsolutePath().getParent(), ".users", ".new");
        try {
            Files.write(written, lines);
            if (Files.getFileAttributeView(target.toAbsolutePath().getParent(), PosixFileAttributeView.class) != null) {
                Set<PosixFilePermission> rights =
                        exists ? Files.getPosixFilePermissions(target) : PosixFilePermissions.fromString("rw-------");
                Files.setPosixFilePermissions(written, rights);
            }
            Files.move(written, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(written);
        }
    }
}
