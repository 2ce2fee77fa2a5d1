package io.meshvine.node.cli;

import io.meshvine.node.config.ConfigException;
import java.io.PrintWriter;
import java.util.Map;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line as a whole. Exit codes: 0 fine, 1 failed, 2 wrong usage or configuration. */
@Command(
        name = "meshvine",
        description = {"A mesh of MQTT brokers without a centre.", ""},
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        versionProvider = Meshvine.Version.class,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:fine", "1:failed", "2:wrong usage or configuration"},
        footer = {
            "",
            "Every setting of the configuration file can be given as an environment variable too:",
            "mqtt.tcp.port is MESHVINE_MQTT_TCP_PORT.",
            "",
            "Start here: meshvine demo"
        },
        subcommands = GenerateCompletion.class)
public final class Meshvine implements Callable<Integer> {

    private static final Logger LOG = LoggerFactory.getLogger(Meshvine.class);

    private final Map<String, String> environment;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ConfigFile config = new ConfigFile();

    @Option(names = "--check-config", description = "Check the configuration, show it with its sources, and exit.")
    private boolean checkConfig;

    private Meshvine(Map<String, String> environment) {
        this.environment = environment;
    }

    /**
     * Executes a command line to its end.
     *
     * @param starter brings up nodes
     * @param environment variables of this process
     * @return the exit code
     */
    public static int run(NodeStarter starter, Map<String, String> environment, String... arguments) {
        return commandLine(starter, environment).execute(arguments);
    }

    static CommandLine commandLine(NodeStarter starter, Map<String, String> environment) {
        CommandLine root = new CommandLine(new Meshvine(environment))
                .addSubcommand(new DemoCommand())
                .addSubcommand(new NodeCommand(starter, environment))
                .addSubcommand(new CheckConfigCommand(environment))
                .addSubcommand(new StatusCommand(environment))
                .addSubcommand(new ClientsCommand(environment))
                .addSubcommand(new DoctorCommand(environment))
                .addSubcommand(new HealthCommand(environment))
                .addSubcommand(new UserCommand(environment, System.in));
        return root.setExecutionExceptionHandler(Meshvine::report);
    }

    @Override
    public Integer call() {
        if (!checkConfig) {
            throw new ParameterException(spec.commandLine(), "Missing command");
        }
        return ConfigReport.print(config.load(environment), spec.commandLine().getOut());
    }

    /** What an operator can mend is said in one message; anything else is a fault of ours and comes with its trace. */
    private static int report(Exception failure, CommandLine command, CommandLine.ParseResult result) {
        PrintWriter err = command.getErr();
        if (failure instanceof ConfigException) {
            err.println("meshvine: " + failure.getMessage());
            return ExitCode.USAGE;
        }
        String message = failure.getMessage();
        if (message == null || !isForOperators(failure)) {
            LOG.error("internal error", failure);
            message = "internal error: " + failure;
        } else {
            LOG.debug("failed", failure);
        }
        err.println("meshvine: " + message);
        return ExitCode.SOFTWARE;
    }

    /** Checked exceptions, and unchecked ones of our own, are worded for people; all others are faults of the program. */
    private static boolean isForOperators(Exception failure) {
        return !(failure instanceof RuntimeException)
                || failure.getClass().getPackageName().startsWith("io.meshvine.");
    }

    /** Version of the product and of what it runs on. */
    static final class Version implements IVersionProvider {

        /** The product's version, or "development" if it does not run from its jar. */
        static String ofProduct() {
            String version = Meshvine.class.getPackage().getImplementationVersion();
            return version == null ? "development" : version;
        }

        @Override
        public String[] getVersion() {
            return new String[] {
                "meshvine " + ofProduct(),
                "Java " + System.getProperty("java.version") + " on " + System.getProperty("os.name") + " "
                        + System.getProperty("os.arch")
            };
        }
    }
}
