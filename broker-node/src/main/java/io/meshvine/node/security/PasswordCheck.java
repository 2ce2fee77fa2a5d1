package io.meshvine.node.security;

import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Checks passwords against a file that is read again when it changes. A password that was right is known again without
 * hashing it anew, by a keyed digest that is in memory only. Any thread.
 */
final class PasswordCheck {

    private static final String MAC = "HmacSHA256";
    private static final byte[] NONE = {};

    private final WatchedFiles files;
    private final SecretKeySpec key;
    private final Map<String, Remembered> remembered = new ConcurrentHashMap<>();
    private volatile PasswordFile users = new PasswordFile(Map.of());
    /** What names that nobody has are checked against, so that an answer takes as long. */
    private volatile PasswordHash decoy = PasswordHash.of(NONE);

    /** A password that was right for that hash. */
    private record Remembered(String hash, byte[] digest) {}

    /**
     * Reads the file.
     *
     * @param setting the key that names it
     */
    PasswordCheck(String setting, Path file) throws SecurityFileException {
        byte[] secret = new byte[32];
        new SecureRandom().nextBytes(secret);
        this.key = new SecretKeySpec(secret, MAC);
        this.files = WatchedFiles.read(List.of(file), () -> {
            PasswordFile read = PasswordFile.read(setting, file);
            users = read;
            decoy = read.users().values().stream().findFirst().orElse(decoy);
            remembered.keySet().retainAll(read.users().keySet());
        });
    }

    WatchedFiles files() {
        return files;
    }

    /** The hash of a user's password, as long as the password is known to be right without hashing it; else null. */
    @Nullable
    PasswordHash known(String name, byte[] password) {
        PasswordHash hash = users.users().get(name);
        Remembered before = remembered.get(name);
        return hash != null
                        && before != null
                        && before.hash.equals(hash.text())
                        && MessageDigest.isEqual(before.digest, digest(password))
                ? hash
                : null;
    }

    /** The hash of a user's password if that is it; else null. Takes its time, whether there is such a user or not. */
    @Nullable
    PasswordHash check(String name, byte[] password) {
        PasswordHash hash = users.users().get(name);
        if (hash == null) {
            decoy.matches(password);
            return null;
        }
        if (!hash.matches(password)) {
            return null;
        }
        remembered.put(name, new Remembered(hash.text(), digest(password)));
        return hash;
    }

    /** Whether there is such a user. */
    boolean knows(String name) {
        return users.users().containsKey(name);
    }

    /** Whether a user still has the password that it had. */
    boolean isCurrent(String name, PasswordHash hash) {
        PasswordHash current = users.users().get(name);
        return current != null && current.text().equals(hash.text());
    }

    private byte[] digest(byte[] password) {
        try {
            Mac mac = Mac.getInstance(MAC);
            mac.init(key);
            return mac.doFinal(password);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("every JDK has " + MAC, impossible);
        }
    }
}
