package io.meshvine.bench;

import java.util.List;
import java.util.concurrent.Callable;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The JMH benchmarks of {@code .micro}. */
@Command(name = "micro", description = "Runs JMH benchmarks of single parts.")
final class MicroCommand implements Callable<Integer> {
    @Parameters(description = "Names, as regular expressions. Default: all")
    List<String> names = List.of(".*");

    @Option(names = "--forks", description = "Default: ${DEFAULT-VALUE}")
    int forks = 1;

    @Option(names = "--iterations", description = "Of one second, warm-up and measured. Default: ${DEFAULT-VALUE}")
    int iterations = 5;

    @Option(names = "--profiler", description = "JMH profiler, e.g. gc")
    List<String> profilers = List.of();

    @Override
    public Integer call() throws RunnerException {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .forks(forks)
                .warmupIterations(iterations)
                .measurementIterations(iterations)
                .warmupTime(TimeValue.seconds(1))
                .measurementTime(TimeValue.seconds(1));
        names.forEach(options::include);
        profilers.forEach(options::addProfiler);
        new Runner(options.build()).run();
        return 0;
    }
}
