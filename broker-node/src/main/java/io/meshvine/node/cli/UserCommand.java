package io.meshvine.node.cli;

import io.meshvine.node.config.ConfigException;
import io.meshvine.node.config.LoadedConfig;
import io.meshvine.node.security.PasswordFileEditor;
import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Keeps the file of users; nodes that read it notice by themselves. */
@Command(
        name = "user",
        description = "Add, change, delete and list the users of a password file.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class UserCommand implements Runnable {

    private final Map<String, String> environment;
    private final InputStream in;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    UserCommand(Map<String, String> environment, InputStream in) {
        this.environment = environment;
        this.in = in;
    }

    /** Which file. */
    static final class UserFile {

        @Option(
                names = {"-f", "--file"},
                paramLabel = "FILE",
                description = "The password file; default: security.password-file of the configuration.")
        private @Nullable Path file;

        @Mixin
        private ConfigFile config = new ConfigFile();
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Missing command: add, passwd, delete or list");
    }

    @Command(
            name = "add",
            description = "Add a user; the password is asked for, or read from standard input.",
            mixinStandardHelpOptions = true)
    void add(@Parameters(paramLabel = "NAME", description = "Name of the user.") String name, @Mixin UserFile file)
            throws IOException {
        editor(file).add(name, password());
        said(name + " added");
    }

    @Command(
            name = "passwd",
            description = "Change the password of a user, whose connections end.",
            mixinStandardHelpOptions = true)
    void passwd(@Parameters(paramLabel = "NAME", description = "Name of the user.") String name, @Mixin UserFile file)
            throws IOException {
        editor(file).changePassword(name, password());
        said("password of " + name + " changed");
    }

    @Command(name = "delete", description = "Delete a user, whose connections end.", mixinStandardHelpOptions = true)
    void delete(@Parameters(paramLabel = "NAME", description = "Name of the user.") String name, @Mixin UserFile file)
            throws IOException {
        editor(file).delete(name);
        said(name + " deleted");
    }

    @Command(name = "list", description = "List the users.", mixinStandardHelpOptions = true)
    void list(@Mixin UserFile file) throws IOException {
        editor(file).users().forEach(this::said);
    }

    private void said(String text) {
        spec.commandLine().getOut().println(text);
        spec.commandLine().getOut().flush();
    }

    private PasswordFileEditor editor(UserFile named) {
        Path file = named.file;
        if (file == null) {
            file = configured(named.config);
        }
        if (file == null) {
            throw new ParameterException(
                    spec.commandLine(), "No file: use --file FILE, or --config with security.password-file set");
        }
        return new PasswordFileEditor(file.toAbsolutePath());
    }

    private @Nullable Path configured(ConfigFile config) throws ConfigException {
        LoadedConfig loaded = config.load(environment);
        return loaded.config().security().passwordFile();
    }

    /** From Java 22 on there is a console even where there is no terminal, and a method that tells. */
    private static boolean isTerminal(Console console) {
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException olderJava) {
            return true;
        }
    }

    /** From the terminal, twice; or the first line of standard input. */
    @SuppressWarnings("SystemConsoleNull") // isTerminal is asked as well
    private byte[] password() throws IOException {
        Console console = System.console();
        byte[] password = console == null || !isTerminal(console) ? firstLine() : typed(console);
        if (password.length == 0) {
            throw new IOException("an empty password is none");
        }
        return password;
    }

    private static byte[] typed(Console console) throws IOException {
        char[] once = console.readPassword("Password: ");
        char[] again = console.readPassword("Again: ");
        if (once == null || !Arrays.equals(once, again)) {
            throw new IOException("the two are not the same");
        }
        return new String(once).getBytes(StandardCharsets.UTF_8);
    }

    private byte[] firstLine() throws IOException {
        byte[] all = in.readAllBytes();
        int end = 0;
        while (end < all.length && all[end] != '\n' && all[end] != '\r') {
            end++;
        }
        return Arrays.copyOf(all, end);
    }
}
