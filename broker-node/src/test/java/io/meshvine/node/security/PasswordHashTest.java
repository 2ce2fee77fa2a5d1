package io.meshvine.node.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PasswordHashTest {

    /** Written by mosquitto_passwd 2.0.11 for the password "secret". */
    private static final String MOSQUITTO = "$7$101$ujKhZu5Bca1EhAoF$"
            + "YqkOlOrceZerjjKIhXKtO1ML6ZAYZUZYzPz0yfPbVlzwfRYREawPn/o3YwXg88EyzyV4OK9SAVsjyviql/smxg==";

    /** From the tests of Argon2's reference implementation, for the password "password". */
    private static final String ARGON2ID =
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

    @TempDir
    Path folder;

    @Test
    void takesMosquittosHashes() {
        PasswordHash hash = PasswordHash.parse(MOSQUITTO);
        assertThat(hash.matches(bytes("secret"))).isTrue();
        assertThat(hash.matches(bytes("Secret"))).isFalse();
        assertThat(hash.matches(bytes(""))).isFalse();
        assertThat(hash.text()).isEqualTo(MOSQUITTO);
    }

    @Test
    void takesArgon2idOfOthers() {
        PasswordHash hash = PasswordHash.parse(ARGON2ID);
        assertThat(hash.matches(bytes("password"))).isTrue();
        assertThat(hash.matches(bytes("passwore"))).isFalse();
        assertThat(hash.text()).isEqualTo(ARGON2ID);
    }

    @Test
    void hashesEachPasswordWithItsOwnSalt() {
        PasswordHash one = PasswordHash.of(bytes("pass\u00e9"));
        PasswordHash other = PasswordHash.of(bytes("pass\u00e9"));
        assertThat(one.text()).startsWith("$argon2id$v=19$m=19456,t=2,p=1$").isNotEqualTo(other.text());
        assertThat(PasswordHash.parse(one.text()).matches(bytes("pass\u00e9"))).isTrue();
        assertThat(one.toString()).doesNotContain(one.text().substring(40));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "secret",
                "$6$salt$hash",
                "$7$101$ujKhZu5Bca1EhAoF",
                "$7$0$ujKhZu5Bca1EhAoF$AAAA",
                "$7$99999999999$ujKhZu5Bca1EhAoF$YqkOlOrceZerjjKIhXKtO1ML6ZAYZUZYzPz0yfPbVlw=",
                "$7$101$ujKhZu5Bca1EhAoF$AAAA", // a hash of three bytes would match much
                "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", // 4 GiB
                "$argon2id$v=19$m=65536,t=2000000000,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            })
    void refusesWhatIsNoHash(String text) {
        assertThatThrownBy(() -> PasswordHash.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"ann|line 3: expected name:hash", ":hash|line 3: expected name:hash", "ann:x|line 3: is no hash"})
    void saysInWhichLineAFileIsGarbled(String line, String problem) throws Exception {
        Path file = Files.writeString(folder.resolve("passwords"), "# comment\nbob:" + MOSQUITTO + "\n" + line + "\n");
        assertThatThrownBy(() -> PasswordFile.read("security.password-file", file))
                .isInstanceOf(SecurityFileException.class)
                .hasMessageStartingWith(problem);
    }

    @Test
    void refusesAUserWhoIsNamedTwice() throws Exception {
        Path file = Files.writeString(folder.resolve("passwords"), ("bob:" + MOSQUITTO + "\n").repeat(2));
        assertThatThrownBy(() -> PasswordFile.read("security.password-file", file))
                .hasMessage("line 2: names bob a second time");
    }

    private static byte[] bytes(String password) {
        return password.getBytes(StandardCharsets.UTF_8);
    }
}
