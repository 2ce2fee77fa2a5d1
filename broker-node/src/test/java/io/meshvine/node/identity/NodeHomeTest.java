package io.meshvine.node.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meshvine.mesh.NodeId;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.Signature;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NodeHomeTest {

    @TempDir
    Path temporary;

    private Path folder;

    @BeforeEach
    void name() {
        folder = temporary.resolve("deep/node-1");
    }

    @Test
    void keepsItsIdentityAndGrowsItsEpochOverRestarts() {
        NodeId id;
        long epoch;
        try (NodeHome first = NodeHome.open(folder)) {
            id = first.id();
            epoch = first.epoch();
        }
        for (int boot = 0; boot < 3; boot++) {
            try (NodeHome again = NodeHome.open(folder)) {
                assertThat(again.id()).isEqualTo(id);
                assertThat(again.epoch()).isGreaterThan(epoch);
                epoch = again.epoch();
            }
        }
    }

    @Test
    void isNamedByTheHashOfItsPublicKey() throws Exception {
        try (NodeHome home = NodeHome.open(folder)) {
            byte[] spki = home.identity().keys().getPublic().getEncoded();
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(spki);
            assertThat(home.id()).hasToString(HexFormat.of().formatHex(Arrays.copyOf(hash, 16)));
            Signature signer = Signature.getInstance("Ed25519");
            signer.initSign(home.identity().keys().getPrivate());
            assertThat(signer.sign()).hasSize(64);
            assertThat(home.identity()).hasToString("NodeIdentity[" + home.id() + "]");
        }
    }

    @Test
    void twoFoldersAreTwoNodes() {
        try (NodeHome one = NodeHome.open(temporary.resolve("a"));
                NodeHome other = NodeHome.open(temporary.resolve("b"))) {
            assertThat(one.id()).isNotEqualTo(other.id());
        }
    }

    @Test
    void keepsItsKeyFromOtherUsers() throws IOException {
        NodeHome.open(folder).close();

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
                .isEqualTo("rwx------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("identity.pem"))))
                .isEqualTo("rw-------");
    }

    @Test
    void anEpochIsNotRepeatedAfterTheFolderWasRestoredFromABackup() throws IOException {
        NodeHome.open(folder, () -> 1_000).close();
        String backup = Files.readString(folder.resolve("epoch"));
        long last;
        NodeHome.open(folder, () -> 2_000).close();
        try (NodeHome home = NodeHome.open(folder, () -> 2_000)) {
            last = home.epoch();
        }
        Files.writeString(folder.resolve("epoch"), backup);

        try (NodeHome restored = NodeHome.open(folder, () -> 3_000)) {
            assertThat(restored.epoch()).isGreaterThan(last);
        }
    }

    @Test
    void anEpochGrowsEvenIfTheClockStandsBack() {
        NodeHome.open(folder, () -> 5_000).close();
        try (NodeHome home = NodeHome.open(folder, () -> 10)) {
            assertThat(home.epoch()).isEqualTo(5_001);
        }
    }

    @Test
    void refusesAFolderInUseByThisProcessAndStaysLocked() throws Exception {
        try (NodeHome home = NodeHome.open(folder)) {
            for (int attempt = 0; attempt < 2; attempt++) {
                assertThatThrownBy(() -> NodeHome.open(folder))
                        .isInstanceOf(DataDirException.class)
                        .hasMessageContaining("is in use by another node of this process");
            }
            Process other = otherProcess();
            assertThat(firstLine(other))
                    .contains("is in use by process " + ProcessHandle.current().pid());
            assertThat(other.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(home.folder()).isEqualTo(folder);
        }
        NodeHome.open(folder).close();
    }

    @Test
    void refusesAFolderInUseByAnotherProcessUntilThatOneDies() throws Exception {
        Process other = otherProcess();
        try {
            assertThat(firstLine(other)).isEqualTo("open");
            assertThatThrownBy(() -> NodeHome.open(folder))
                    .isInstanceOf(DataDirException.class)
                    .hasMessage(folder + ": is in use by process " + other.pid()
                            + "; stop it, or give this node another folder with node.data-dir");
        } finally {
            other.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
        }
        NodeHome.open(folder).close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "garbage", "epoch -1\n", "epoch 12", "epoch 1234567890123456789\n"})
    void neverTakesAGarbledEpochForANewOne(String garbled) throws IOException {
        NodeHome.open(folder).close();
        Files.writeString(folder.resolve("epoch"), garbled);

        assertThatThrownBy(() -> NodeHome.open(folder))
                .isInstanceOf(DataDirException.class)
                .hasMessageStartingWith(folder.resolve("epoch") + ": ")
                .hasMessageContaining("restore it from a backup");
        assertThat(folder.resolve("epoch")).hasContent(garbled);
    }

    @Test
    void neverTakesAMissingEpochForANewOne() throws IOException {
        NodeHome.open(folder).close();
        Files.delete(folder.resolve("epoch"));

        assertThatThrownBy(() -> NodeHome.open(folder))
                .isInstanceOf(DataDirException.class)
                .hasMessageContaining("epoch: is missing beside identity.pem");
    }

    @Test
    void startsAnewIfTheVeryFirstStartWasCutShort() throws IOException {
        NodeHome.open(folder).close();
        Files.delete(folder.resolve("identity.pem"));

        NodeHome.open(folder).close();

        assertThat(folder.resolve("identity.pem")).exists();
    }

    @Test
    void neverReplacesAnIdentityItCannotRead() throws IOException {
        NodeHome.open(folder).close();
        Path file = folder.resolve("identity.pem");
        String good = Files.readString(file);
        NodeHome.open(temporary.resolve("other")).close();
        String other = Files.readString(temporary.resolve("other/identity.pem"));
        int secondBlock = other.indexOf("-----BEGIN PUBLIC");
        String mixed = good.substring(0, good.indexOf("-----BEGIN PUBLIC")) + other.substring(secondBlock);

        for (String bad : new String[] {"", "x", good.substring(0, 80), good.replace("MC4CAQ", "MC4CAR"), mixed}) {
            Files.writeString(file, bad);
            assertThatThrownBy(() -> NodeHome.open(folder))
                    .isInstanceOf(DataDirException.class)
                    .hasMessageStartingWith(file + ": ")
                    .hasMessageContaining("restore it from a backup");
            assertThat(file).hasContent(bad);
        }
        Files.writeString(file, good);
        NodeHome.open(folder).close();
    }

    @Test
    void takesAKeyPairMadeElsewhere() throws IOException {
        NodeHome.open(folder).close();
        Path file = folder.resolve("identity.pem");
        String plain = Files.readString(file).replaceFirst("(?s)^.*?-----BEGIN", "-----BEGIN");
        Files.writeString(file, plain);

        NodeHome.open(folder).close();

        assertThat(file).hasContent(plain);
    }

    @Test
    void saysWhichFolderCannotBeMade() throws IOException {
        Path file = Files.writeString(temporary.resolve("file"), "");

        assertThatThrownBy(() -> NodeHome.open(file.resolve("node")))
                .isInstanceOf(DataDirException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("node.data-dir");
    }

    private Process otherProcess() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Holder.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static String firstLine(Process process) throws IOException {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)).readLine();
    }

    /** A process of its own that opens the folder, says so, and stays until its input ends. */
    static final class Holder {

        private Holder() {}

        public static void main(String[] arguments) throws IOException {
            try (NodeHome home = NodeHome.open(Path.of(arguments[0]))) {
                System.out.println("open");
                System.in.transferTo(OutputStream.nullOutputStream());
                home.folder();
            } catch (DataDirException e) {
                System.out.println(e.getMessage());
            }
        }
    }
}
