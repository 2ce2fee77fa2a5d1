package io.meshvine.node.cli;

import io.meshvine.node.cli.AdminClient.Answer;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Asks a node whether it is ready, for container health checks. */
@Command(
        name = "health",
        description = "Ask a node whether it serves; exit code 0 if it does, 1 if not.",
        mixinStandardHelpOptions = true)
final class HealthCommand implements Callable<Integer> {

    private final Map<String, String> environment;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private AdminAddress address = new AdminAddress();

    HealthCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException {
        Answer answer = address.client(environment).get("/health/ready");
        spec.commandLine().getOut().print(answer.body());
        spec.commandLine().getOut().flush();
        return answer.isOk() ? ExitCode.OK : ExitCode.SOFTWARE;
    }
}
