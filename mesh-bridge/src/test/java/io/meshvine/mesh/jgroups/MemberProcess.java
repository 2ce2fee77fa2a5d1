package io.meshvine.mesh.jgroups;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A member in a process of its own, to be killed or stopped. */
final class MemberProcess implements AutoCloseable {

    private static final String JOINED = "joined";

    private final Process process;

    /** Starts a member that is seeded by another, and waits until it has joined. */
    MemberProcess(TestMember seed, Duration peerTimeout) {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        ProcessBuilder builder = new ProcessBuilder(
                java.toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "-Xmx128m",
                MemberProcess.class.getName(),
                String.valueOf(seed.transport.boundPort()),
                String.valueOf(peerTimeout.toMillis()));
        try {
            process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
        awaitJoined();
    }

    private void awaitJoined() {
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = out.lines().filter(JOINED::equals).findFirst().orElse("");
        if (!line.equals(JOINED)) {
            close();
            throw new IllegalStateException("the member's process ended before it had joined");
        }
    }

    /** As by {@code kill -9}. */
    void kill() {
        process.destroyForcibly();
    }

    /** The process keeps its connections and does nothing. */
    void stop() throws Exception {
        signal("-STOP");
    }

    void resume() throws Exception {
        signal("-CONT");
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    private void signal(String name) throws Exception {
        int status = new ProcessBuilder("kill", name, String.valueOf(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
        if (status != 0) {
            throw new IllegalStateException("kill " + name + " ended with " + status);
        }
    }

    /** The member: takes frames until it is ended. */
    public static void main(String[] arguments) throws Exception {
        Discovery seed = new Discovery.Static(List.of(TestMember.loopback(Integer.parseInt(arguments[0]))));
        Duration peerTimeout = Duration.ofMillis(Long.parseLong(arguments[1]));
        TestMember member = new TestMember(JGroupsOptions.defaults("test", "child", seed)
                .withTimeouts(JGroupsOptions.DEFAULT_JOIN_TIMEOUT, peerTimeout));
        member.onFrame = (from, frame) -> {};
        member.transport.start(member);
        System.out.println(JOINED);
        // Ends with the process that started it, whatever happens to that one.
        while (System.in.read() >= 0) {
            Thread.onSpinWait();
        }
        System.exit(0);
    }
}
