package io.meshvine.node.cli;

import io.meshvine.node.config.LoadedConfig;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs one node until it is told to stop. */
@Command(
        name = "node",
        description = {
            "Run one node.",
            "",
            "Prints one line 'ready name=... mqtt=... ws=... mesh=... admin=...' on standard output when it serves; logs"
                    + " go to standard error. SIGTERM lets it drain and leave."
        },
        mixinStandardHelpOptions = true)
final class NodeCommand implements Callable<Integer> {

    private final NodeStarter starter;
    private final Map<String, String> environment;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ConfigFile config = new ConfigFile();

    @Option(names = "--check-config", description = "Check the configuration, show it with its sources, and exit.")
    private boolean checkConfig;

    @Option(names = "--stop-on-stdin-end", hidden = true, description = "Stop when standard input ends.")
    private boolean stopOnStdinEnd;

    NodeCommand(NodeStarter starter, Map<String, String> environment) {
        this.starter = starter;
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        LoadedConfig loaded = config.load(environment);
        if (checkConfig) {
            return ConfigReport.print(loaded, spec.commandLine().getOut());
        }
        Logging.level(loaded.config().logLevel());
        InputStream lifeline = stopOnStdinEnd ? System.in : null;
        return new NodeLife(starter.start(loaded)).run(spec.commandLine().getOut(), lifeline);
    }
}
