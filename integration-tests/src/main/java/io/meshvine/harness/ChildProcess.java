package io.meshvine.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A process that this one started, with its output in a file. Ends with this JVM at the latest. Any thread. */
public final class ChildProcess implements AutoCloseable {
    private static final Duration START_TIMEOUT = Duration.ofMinutes(3);
    private static final long POLL_MILLIS = 10;
    private static final long STOP_SECONDS = 20;
    private static final int TAIL_LINES = 60;

    private final String name;
    private final Process process;
    private final Path log;
    private final long startedNanos;
    private final Thread killer;

    /** Starts a command in a directory, where its output goes to {@code <name>.log}. */
    public ChildProcess(Path directory, String name, List<String> command, Map<String, String> environment) {
        this.name = name;
        log = directory.resolve(name + ".log");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        startedNanos = System.nanoTime();
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + command.get(0), e);
        }
        killer = new Thread(process::destroyForcibly, "kill-" + name);
        Runtime.getRuntime().addShutdownHook(killer);
    }

    public long pid() {
        return process.pid();
    }

    public Duration age() {
        return Duration.ofNanos(System.nanoTime() - startedNanos);
    }

    /** Waits for a line of the output that starts with the given word. */
    public String awaitLine(String start) {
        while (age().compareTo(START_TIMEOUT) < 0) {
            Optional<String> line =
                    output().lines().filter(l -> l.startsWith(start)).findFirst();
            if (line.isPresent()) {
                return line.get();
            }
            checkAlive();
            pause();
        }
        throw new IllegalStateException("no line \"" + start + "...\" in time:\n" + output());
    }

    /** Waits until the address takes connections. */
    public void awaitListening(InetSocketAddress address) {
        while (age().compareTo(START_TIMEOUT) < 0) {
            try (Socket socket = new Socket()) {
                socket.connect(address, 1_000);
                return;
            } catch (IOException e) {
                checkAlive();
                pause();
            }
        }
        throw new IllegalStateException("nothing listens on " + address + ":\n" + output());
    }

    private void checkAlive() {
        if (!process.isAlive()) {
            throw new IllegalStateException("the process ended with " + process.exitValue() + ":\n" + output());
        }
    }

    /** Between two looks at something that another process does. */
    public static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** Everything that the process wrote so far. */
    public String output() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The end of its output, with a heading. */
    public String tail() {
        List<String> lines = output().lines().toList();
        List<String> last = lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size());
        return "--- " + name + " (" + log + ")\n" + String.join("\n", last) + "\n";
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** A port on loopback that nothing used a moment ago. */
    public static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /** SIGTERM; returns the exit code. Fails, after a kill, if the process does not end in time. */
    public int terminate() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                kill();
                throw new IllegalStateException(
                        name + " did not end within " + STOP_SECONDS + " s after SIGTERM\n" + tail());
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
        forget();
        return process.exitValue();
    }

    /** SIGKILL; waits for the end. */
    public void kill() {
        process.destroyForcibly().onExit().join();
        forget();
    }

    /** SIGTERM, and SIGKILL if that does not help. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        forget();
    }

    private void forget() {
        Runtime.getRuntime().removeShutdownHook(killer);
    }
}
