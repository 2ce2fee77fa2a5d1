package io.meshvine.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.it.harness.Clause;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Keeps docs/conformance.md equal to what the tests say of themselves. The {@code .statements} files beside this test list
 * the normative statements of the standards, each with the reason why no test shows it, if none does. After a change:
 * run with {@code -Dmeshvine.document.write=true}.
 */
class ConformanceDocumentTest {

    private static final Path DOCUMENT = Path.of("..", "docs", "conformance.md");

    private static final String HEAD = """
            # Conformance

            The normative statements of MQTT 5.0 and 3.1.1, by their numbers in the OASIS standards, and the integration tests
            that show them on real nodes over real connections; most run with publisher and subscriber on one node and on two.
            Written by `ConformanceDocumentTest`, which fails when a statement has neither a test nor a reason, or when
            a test names a statement that does not exist.

            """;

    /** A standard: its statements in order, each with why it has no test, or nothing. */
    private record Standard(String title, Map<String, String> statements, Function<Clause, String[]> clauses) {

        static Standard of(String title, String file, Function<Clause, String[]> clauses) throws IOException {
            Map<String, String> statements = new LinkedHashMap<>();
            try (InputStream in = Objects.requireNonNull(ConformanceDocumentTest.class.getResourceAsStream(file))) {
                for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8)
                        .lines()
                        .toList()) {
                    String[] parts = line.split(" ", 2);
                    statements.put(parts[0], parts.length == 1 ? "" : parts[1]);
                }
            }
            return new Standard(title, statements, clauses);
        }

        /** The tests of each statement. The standard writes some numbers with a dot for the hyphen. */
        Map<String, SortedSet<String>> tests(List<Method> all) {
            Map<String, SortedSet<String>> tests = new TreeMap<>();
            for (Method method : all) {
                Arrays.stream(clauses.apply(method.getAnnotation(Clause.class)))
                        .filter(clause -> clause.startsWith("MQTT-"))
                        .map(clause -> clause.replaceAll("^(MQTT-\\d+\\.\\d+\\.\\d+)\\.", "$1-"))
                        .forEach(clause -> tests.computeIfAbsent(clause, key -> new TreeSet<>())
                                .add("`" + method.getDeclaringClass().getSimpleName() + "#" + method.getName() + "`"));
            }
            return tests;
        }
    }

    private static List<Standard> standards() throws IOException {
        return List.of(
                Standard.of("MQTT 5.0", "mqtt5.statements", Clause::value),
                Standard.of("MQTT 3.1.1", "mqtt311.statements", Clause::v311));
    }

    private static List<Method> testMethods() throws IOException, URISyntaxException {
        Path classes = Path.of(ConformanceDocumentTest.class.getResource("").toURI());
        List<String> names;
        try (Stream<Path> files = Files.list(classes)) {
            names = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith("IT.class"))
                    .map(name -> name.replace(".class", ""))
                    .sorted()
                    .toList();
        }
        List<Method> methods = new ArrayList<>();
        for (String name : names) {
            try {
                Arrays.stream(Class.forName("io.meshvine.it." + name).getDeclaredMethods())
                        .filter(method -> method.isAnnotationPresent(Clause.class))
                        .sorted(Comparator.comparing(Method::getName))
                        .forEach(methods::add);
            } catch (ClassNotFoundException e) {
                throw new AssertionError(e);
            }
        }
        return methods;
    }

    @Test
    void everyClauseThatATestNamesIsAStatementOfItsStandard() throws Exception {
        for (Standard standard : standards()) {
            assertThat(standard.statements().keySet())
                    .as(standard.title())
                    .containsAll(standard.tests(testMethods()).keySet());
        }
    }

    @Test
    void everyStatementHasATestOrAReasonWhyNot() throws Exception {
        for (Standard standard : standards()) {
            Map<String, SortedSet<String>> tests = standard.tests(testMethods());
            standard.statements()
                    .forEach((statement, reason) -> assertThat(tests.containsKey(statement))
                            .as("%s %s: %s", standard.title(), statement, reason)
                            .isEqualTo(reason.isEmpty()));
        }
    }

    @Test
    void theDocumentSaysWhatTheTestsSay() throws Exception {
        StringBuilder text = new StringBuilder(HEAD);
        List<Method> methods = testMethods();
        for (Standard standard : standards()) {
            append(text, standard, standard.tests(methods));
        }
        String expected = text.toString().stripTrailing() + "\n";
        if (Boolean.getBoolean("meshvine.document.write")) {
            Files.writeString(DOCUMENT, expected);
        }
        assertThat(DOCUMENT).content().isEqualTo(expected);
    }

    private static void append(StringBuilder text, Standard standard, Map<String, SortedSet<String>> tests) {
        long shown = standard.statements().keySet().stream()
                .filter(tests::containsKey)
                .count();
        long clients = standard.statements().values().stream()
                .filter(reason -> reason.equals("binds the client"))
                .count();
        int all = standard.statements().size();
        text.append("## %s%n%n".formatted(standard.title()))
                .append("%d statements: %d shown by tests, %d bind the client only, %d others with the reason.%n%n"
                        .formatted(all, shown, clients, all - shown - clients))
                .append("| Statement | Shown by, or why not |\n|---|---|\n");
        standard.statements()
                .forEach((statement, reason) -> text.append("| %s | %s |%n"
                        .formatted(
                                statement,
                                tests.containsKey(statement) ? String.join(", ", tests.get(statement)) : reason)));
        text.append('\n');
    }
}
