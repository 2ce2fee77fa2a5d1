package io.meshvine.bench;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Command line of the benchmarks. Exit codes: 0 done, 1 failed, 2 wrong usage. */
@Command(
        name = "bench",
        description = "Measures Meshvine, alone and next to other brokers.",
        mixinStandardHelpOptions = true,
        subcommands = {
            CompareCommand.class,
            IdleCommand.class,
            RoutesCommand.class,
            UninterestedCommand.class,
            StartCommand.class,
            MicroCommand.class,
            StoreCommand.class,
            RetainedCommand.class
        })
public final class BenchMain {
    public static void main(String[] args) {
        System.exit(new CommandLine(new BenchMain()).execute(args));
    }
}
