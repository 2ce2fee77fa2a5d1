package io.meshvine.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code meshvine user ...} on a file. */
class UserCommandTest {

    private static final String MOSQUITTO = "bob:$7$101$ujKhZu5Bca1EhAoF$"
            + "YqkOlOrceZerjjKIhXKtO1ML6ZAYZUZYzPz0yfPbVlzwfRYREawPn/o3YwXg88EyzyV4OK9SAVsjyviql/smxg==";

    @TempDir
    Path folder;

    private final Map<String, String> environment = new HashMap<>();
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("users");
    }

    private int run(String input, String... arguments) {
        CommandLine command = new CommandLine(
                new UserCommand(environment, new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8))));
        command.setExecutionExceptionHandler((failure, line, result) -> {
            line.getErr().println(failure.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        });
        return command.setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }

    @Test
    void addsAUserToAFileThatItMakesForItsOwnerAlone() throws IOException {
        assertThat(run("secret\n", "add", "ann", "--file", file.toString())).isZero();
        assertThat(Files.readString(file)).startsWith("ann:$argon2id$").doesNotContain("secret");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(out.toString()).contains("ann added");
    }

    @Test
    void keepsWhatElseIsInTheFile() throws IOException {
        Files.writeString(file, "# ours\n" + MOSQUITTO + "\n");
        assertThat(run("x", "add", "ann", "-f", file.toString())).isZero();
        assertThat(run("y", "passwd", "ann", "-f", file.toString())).isZero();
        assertThat(Files.readAllLines(file)).hasSize(3).startsWith("# ours", MOSQUITTO);
        assertThat(run("", "delete", "ann", "-f", file.toString())).isZero();
        assertThat(Files.readAllLines(file)).containsExactly("# ours", MOSQUITTO);
        assertThat(run("", "list", "-f", file.toString())).isZero();
        assertThat(out.toString()).endsWith("bob" + System.lineSeparator());
    }

    @Test
    void findsTheFileByTheConfiguration() {
        environment.put("MESHVINE_SECURITY_PASSWORD_FILE", file.toString());
        assertThat(run("x", "add", "ann")).isZero();
        assertThat(file).exists();
    }

    @Test
    void saysWhatIsWrongAndChangesNothing() throws IOException {
        Files.writeString(file, MOSQUITTO + "\n");
        assertThat(run("x", "add", "bob", "-f", file.toString())).isEqualTo(1);
        assertThat(run("x", "passwd", "ann", "-f", file.toString())).isEqualTo(1);
        assertThat(run("", "delete", "ann", "-f", file.toString())).isEqualTo(1);
        assertThat(run("", "add", "ann", "-f", file.toString())).isEqualTo(1);
        assertThat(run("x", "add", "a:b", "-f", file.toString())).isEqualTo(1);
        assertThat(run("x", "add", "ann")).isEqualTo(2);
        assertThat(run("x")).isEqualTo(2);
        assertThat(err.toString())
                .contains("there is a user bob already")
                .contains("there is no user ann")
                .contains("an empty password is none")
                .contains("no colon")
                .contains("use --file FILE");
        assertThat(Files.readString(file)).isEqualTo(MOSQUITTO + "\n");

        Files.writeString(file, "garbled\n");
        assertThat(run("x", "add", "ann", "-f", file.toString())).isEqualTo(1);
        assertThat(Files.readString(file)).isEqualTo("garbled\n");
    }
}
