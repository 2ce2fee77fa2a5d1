package io.meshvine.node.moquette;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Keeps docs/moquette-mends.md true: what it names is there. */
class MendsDocumentTest {

    private static final Path ROOT = Path.of("..");
    private static final Map<String, String> SOURCES = new TreeMap<>();
    private static List<String> rows;

    @BeforeAll
    static void read() throws IOException {
        for (String module : List.of("mesh-bridge", "broker-node", "integration-tests")) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src"))) {
                files.filter(file -> file.toString().endsWith(".java"))
                        .forEach(file -> SOURCES.merge(nameOf(file), textOf(file), String::concat));
            }
        }
        rows = Files.readAllLines(ROOT.resolve("docs/moquette-mends.md")).stream()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| Finding"))
                .toList();
    }

    private static String nameOf(Path file) {
        return file.getFileName().toString().replace(".java", "");
    }

    private static String textOf(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void everyRowNamesTestsThatExist() {
        assertThat(rows).hasSizeGreaterThan(25).allSatisfy(row -> {
            List<MatchResult> tests =
                    Pattern.compile("`(\\w+)#(\\w+)`").matcher(row).results().toList();
            assertThat(tests).as(row).isNotEmpty();
            for (MatchResult test : tests) {
                assertThat(SOURCES.getOrDefault(test.group(1), ""))
                        .as(test.group())
                        .contains("void " + test.group(2) + "(");
            }
        });
    }

    @Test
    void everyMendIsInAClassThatExists() {
        assertThat(rows).allSatisfy(row -> {
            String mend = row.split("(?<!\\\\)\\|", -1)[2];
            List<String> classes = Pattern.compile("`([A-Z]\\w+)`")
                    .matcher(mend)
                    .results()
                    .map(result -> result.group(1))
                    .toList();
            assertThat(classes).as(row).isNotEmpty();
            assertThat(SOURCES.keySet()).as(row).containsAll(classes);
        });
    }
}
