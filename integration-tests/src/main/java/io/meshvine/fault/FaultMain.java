package io.meshvine.fault;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import io.meshvine.fault.net.Network;
import io.meshvine.harness.Durations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Command line of the fault runs. Exit codes: 0 all bars held, 1 not, 2 wrong usage. */
@Command(
        name = "faults",
        description = "Breaks a mesh of real nodes while clients publish, and counts what that costs.",
        mixinStandardHelpOptions = true)
public final class FaultMain implements Callable<Integer> {
    private static final int NODES = 3;

    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(paramLabel = "SCENARIO", description = "What to do to the mesh, see --list; \"all\" for all.")
    private List<String> names = new ArrayList<>();

    @Option(names = "--list", description = "Lists the scenarios.")
    private boolean list;

    @Option(names = "--times", description = "Rounds of scenarios that have rounds; default: as many as --list says.")
    private int times;

    @Option(
            names = "--duration",
            converter = Durations.class,
            description = "How long a fault lasts, such as 10s or 2m; default: as --list says.")
    private @Nullable Duration duration;

    @Option(names = "--seed", description = "For what is random: victims and moments. Default: ${DEFAULT-VALUE}")
    private long seed = 1;

    @Option(names = "--rate", description = "Messages a second of each publisher. Default: ${DEFAULT-VALUE}")
    private int rate = 50;

    @Option(names = "--untimed", description = "Shows times without judging them: for a busy machine.")
    private boolean untimed;

    @Option(names = "--json", description = "File to write the outcomes to.")
    private @Nullable Path json;

    @Option(names = "--directory", description = "For logs and data of the nodes. Default: ${DEFAULT-VALUE}")
    private Path directory = Path.of("target", "faults");

    public static void main(String[] args) {
        System.exit(new CommandLine(new FaultMain()).execute(args));
    }

    @Override
    public Integer call() throws IOException {
        if (list) {
            Scenarios.all().forEach(s -> System.out.printf("%-16s %s%n", s.name(), s.description()));
            return 0;
        }
        List<Scenario> scenarios = chosen();
        Files.createDirectories(directory);
        Path runs = Files.createTempDirectory(directory.toAbsolutePath(), "run-");
        System.err.println("logs and data: " + runs);
        FaultRun run = new FaultRun(new Network(NODES), new Settings(times, duration, seed, rate, !untimed, runs));
        List<Outcome> outcomes = new ArrayList<>();
        List<String> brokenOff = new ArrayList<>();
        Table table = new Table(System.out);
        table.head();
        for (Scenario scenario : scenarios) {
            System.err.println(scenario.name() + ": " + scenario.description());
            try {
                Outcome outcome = run.of(scenario);
                table.row(outcome);
                outcomes.add(outcome);
            } catch (RuntimeException e) {
                // The others are still worth running.
                brokenOff.add(scenario.name());
                System.err.println(scenario.name() + " broke off");
                e.printStackTrace();
            }
        }
        table.details(outcomes);
        if (json != null) {
            new ObjectMapper()
                    .registerModule(new SimpleModule().addSerializer(Duration.class, ToStringSerializer.instance))
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .writeValue(json.toFile(), outcomes);
        }
        brokenOff.forEach(name -> System.out.println(name + " broke off, see above"));
        return brokenOff.isEmpty() && outcomes.stream().allMatch(Outcome::passed) ? 0 : 1;
    }

    private List<Scenario> chosen() {
        if (names.equals(List.of("all"))) {
            return Scenarios.all();
        }
        List<Scenario> chosen = new ArrayList<>();
        for (String name : names) {
            chosen.add(Scenarios.all().stream()
                    .filter(scenario -> scenario.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> wrong("unknown scenario \"" + name + "\", see --list")));
        }
        if (chosen.isEmpty()) {
            throw wrong("which scenario? See --list");
        }
        return chosen;
    }

    private ParameterException wrong(String what) {
        if (spec == null) {
            throw new IllegalStateException(what);
        }
        return new ParameterException(spec.commandLine(), what);
    }
}
