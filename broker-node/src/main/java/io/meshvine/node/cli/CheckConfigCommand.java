package io.meshvine.node.cli;

import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Checks a configuration without starting a node. */
@Command(
        name = "check-config",
        description = "Check the configuration and show it with its sources.",
        mixinStandardHelpOptions = true)
final class CheckConfigCommand implements Callable<Integer> {

    private final Map<String, String> environment;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ConfigFile config = new ConfigFile();

    CheckConfigCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        return ConfigReport.print(config.load(environment), spec.commandLine().getOut());
    }
}
