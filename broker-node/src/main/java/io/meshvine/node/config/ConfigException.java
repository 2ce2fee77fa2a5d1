package io.meshvine.node.config;

import java.util.List;
import java.util.stream.Collectors;

/** The configuration cannot be used; says everything that is wrong with it. */
public final class ConfigException extends RuntimeException {

    private final transient List<ConfigProblem> problems;

    public ConfigException(List<ConfigProblem> problems) {
        super(problems.stream()
                .map(problem -> "  " + problem)
                .collect(Collectors.joining(
                        "\n",
                        problems.size() == 1
                                ? "configuration has a problem:\n"
                                : "configuration has " + problems.size() + " problems:\n",
                        "")));
        this.problems = List.copyOf(problems);
    }

    /** Everything that is wrong; never empty. */
    public List<ConfigProblem> problems() {
        return problems;
    }
}
