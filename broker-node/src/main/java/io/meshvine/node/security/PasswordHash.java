package io.meshvine.node.security;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.digests.SHA512Digest;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.generators.PKCS5S2ParametersGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;
import org.bouncycastle.crypto.params.KeyParameter;

/**
 * A password as it is kept: Argon2id in PHC form ({@code $argon2id$v=19$m=...,t=...,p=...$salt$hash}, RFC 9106), or
 * PBKDF2 with SHA-512 as {@code mosquitto_passwd} writes it ({@code $7$iterations$salt$hash}). Immutable; checking takes
 * tens of milliseconds and, for Argon2id, its memory.
 */
sealed interface PasswordHash {

    /** Whether this is the hash of a password. Takes its time. */
    boolean matches(byte[] password);

    /** As it stands in the file. */
    String text();

    /** Hashes a new password with Argon2id, at the cost that OWASP asks for: 19 MiB, 2 passes. */
    static PasswordHash of(byte[] password) {
        byte[] salt = new byte[Argon2id.SALT_LENGTH];
        new SecureRandom().nextBytes(salt);
        Argon2id empty = new Argon2id(19 << 10, 2, 1, salt, new byte[Argon2id.HASH_LENGTH]);
        return new Argon2id(empty.kibibytes(), empty.passes(), empty.lanes(), salt, empty.hash(password));
    }

    /**
     * Reads a hash.
     *
     * @throws IllegalArgumentException if it is of no kind that is known, or would take too much time or memory to check
     */
    static PasswordHash parse(String text) {
        Matcher argon = Argon2id.FORM.matcher(text);
        if (argon.matches()) {
            return new Argon2id(
                    inRange("memory", argon.group(1), 8, 1 << 18),
                    inRange("passes", argon.group(2), 1, 64),
                    inRange("lanes", argon.group(3), 1, 16),
                    Base64.getDecoder().decode(argon.group(4)),
                    Base64.getDecoder().decode(argon.group(5)));
        }
        Matcher mosquitto = Pbkdf2.FORM.matcher(text);
        if (mosquitto.matches()) {
            return new Pbkdf2(
                    inRange("iterations", mosquitto.group(1), 1, 10_000_000),
                    Base64.getDecoder().decode(mosquitto.group(2)),
                    Base64.getDecoder().decode(mosquitto.group(3)));
        }
        throw new IllegalArgumentException("is no hash of a password that is known: $argon2id$... or $7$...");
    }

    private static int inRange(String what, String number, int least, int most) {
        int value = number.length() > 9 ? Integer.MAX_VALUE : Integer.parseInt(number);
        if (value < least || value > most) {
            throw new IllegalArgumentException(what + " of the hash must be " + least + " to " + most);
        }
        return value;
    }

    /** RFC 9106, version 19. */
    record Argon2id(int kibibytes, int passes, int lanes, byte[] salt, byte[] hash) implements PasswordHash {

        static final int SALT_LENGTH = 16;
        static final int HASH_LENGTH = 32;
        static final Pattern FORM = Pattern.compile(
                "\\$argon2id\\$v=19\\$m=(\\d+),t=(\\d+),p=(\\d+)\\$([A-Za-z0-9+/]{11,86})\\$([A-Za-z0-9+/]{22,86})");

        byte[] hash(byte[] password) {
            Argon2BytesGenerator generator = new Argon2BytesGenerator();
            generator.init(new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                    .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                    .withMemoryAsKB(kibibytes)
                    .withIterations(passes)
                    .withParallelism(lanes)
                    .withSalt(salt)
                    .build());
            byte[] hashed = new byte[hash.length];
            generator.generateBytes(password, hashed);
            return hashed;
        }

        @Override
        public boolean matches(byte[] password) {
            return MessageDigest.isEqual(hash, hash(password));
        }

        @Override
        public String text() {
            Base64.Encoder base64 = Base64.getEncoder().withoutPadding();
            return "$argon2id$v=19$m=" + kibibytes + ",t=" + passes + ",p=" + lanes + "$" + base64.encodeToString(salt)
                    + "$" + base64.encodeToString(hash);
        }

        @Override
        public String toString() {
            return "Argon2id[***]";
        }
    }

    /** PBKDF2 with HMAC-SHA-512 (RFC 8018, 5.2), as Mosquitto has it. */
    record Pbkdf2(int iterations, byte[] salt, byte[] hash) implements PasswordHash {

        static final Pattern FORM = Pattern.compile("\\$7\\$(\\d+)\\$([A-Za-z0-9+/]+={0,2})\\$([A-Za-z0-9+/]+={0,2})");

        public Pbkdf2 {
            if (hash.length < 32 || salt.length < 8) {
                throw new IllegalArgumentException("has a hash or salt that is too short");
            }
        }

        @Override
        public boolean matches(byte[] password) {
            PKCS5S2ParametersGenerator generator = new PKCS5S2ParametersGenerator(new SHA512Digest());
            generator.init(password, salt, iterations);
            KeyParameter key = (KeyParameter) generator.generateDerivedMacParameters(hash.length * Byte.SIZE);
            return MessageDigest.isEqual(hash, key.getKey());
        }

        @Override
        public String text() {
            Base64.Encoder base64 = Base64.getEncoder();
            return "$7$" + iterations + "$" + base64.encodeToString(salt) + "$" + base64.encodeToString(hash);
        }

        @Override
        public String toString() {
            return "Pbkdf2[***]";
        }
    }

    /** The bytes that a password typed as text has. */
    static byte[] bytes(String password) {
        return password.getBytes(StandardCharsets.UTF_8);
    }
}
