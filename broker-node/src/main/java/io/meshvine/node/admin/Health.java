package io.meshvine.node.admin;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What has to be right for the node to serve. Parts of the node add their checks while it is put together; the admin
 * endpoint asks them. Any thread; checks must return at once.
 */
public final class Health {

    private static final Logger LOG = LoggerFactory.getLogger(Health.class);

    private final List<Check> checks = new CopyOnWriteArrayList<>();

    private record Check(String name, boolean vital, Supplier<Optional<String>> problem) {}

    /** Adds a check that readiness needs; the supplier says what is wrong, or nothing. */
    public void readyWhen(String name, Supplier<Optional<String>> problem) {
        checks.add(new Check(name, false, problem));
    }

    /** Adds a check without which the process should be restarted; readiness needs it too. */
    public void aliveWhen(String name, Supplier<Optional<String>> problem) {
        checks.add(new Check(name, true, problem));
    }

    /** Whether the process works at all. */
    public Report live() {
        return report(true);
    }

    /** Whether the node serves its clients. */
    public Report ready() {
        return report(false);
    }

    private Report report(boolean vitalOnly) {
        Map<String, String> results = new LinkedHashMap<>();
        boolean fine = true;
        for (Check check : checks) {
            if (!vitalOnly || check.vital()) {
                Optional<String> problem = ask(check);
                fine &= problem.isEmpty();
                results.put(check.name(), problem.orElse("ok"));
            }
        }
        return new Report(fine, results);
    }

    private static Optional<String> ask(Check check) {
        try {
            return check.problem().get();
        } catch (RuntimeException e) {
            LOG.warn("health check {} failed", check.name(), e);
            return Optional.of("the check itself failed: " + e);
        }
    }

    /**
     * The result of some checks.
     *
     * @param fine whether all of them are
     * @param checks "ok" or what is wrong, by name
     */
    public record Report(boolean fine, Map<String, String> checks) {}
}
