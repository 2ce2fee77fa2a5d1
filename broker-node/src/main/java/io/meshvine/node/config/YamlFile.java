package io.meshvine.node.config;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * A configuration file flattened to dotted keys with their lines. Nested keys and dotted keys mean the same; a list of
 * scalars becomes comma-separated text; an empty value leaves the key unset. Scalars are taken as written, so that
 * {@code 1:30} is no number in base 60.
 */
final class YamlFile {

    private final Path file;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final List<ConfigProblem> problems = new ArrayList<>();

    private YamlFile(Path file) {
        this.file = file;
    }

    static YamlFile read(Path file) {
        YamlFile yaml = new YamlFile(file);
        try {
            Node root = new Yaml(new LoaderOptions()).compose(new StringReader(Files.readString(file)));
            if (root instanceof MappingNode mapping) {
                yaml.flatten("", mapping);
            } else if (root != null && !isEmpty(root)) {
                yaml.problem(root, "the file", "expected keys with values", "start from config/meshvine.yaml");
            }
        } catch (MarkedYAMLException e) {
            Mark mark = e.getProblemMark();
            String source = mark == null ? file.toString() : file + ":" + (mark.getLine() + 1);
            yaml.problems.add(
                    new ConfigProblem("the file", source, "", "not YAML: " + e.getProblem(), "mend that line"));
        } catch (YAMLException | CharacterCodingException e) {
            yaml.problems.add(new ConfigProblem(
                    "the file", file.toString(), "", "not YAML in UTF-8: " + e.getMessage(), "mend the file"));
        } catch (NoSuchFileException e) {
            yaml.problems.add(new ConfigProblem(
                    "--config",
                    "command line",
                    file.toString(),
                    "there is no such file",
                    "give the path of an existing file"));
        } catch (IOException e) {
            yaml.problems.add(new ConfigProblem(
                    "--config", "command line", file.toString(), "cannot be read: " + e, "make the file readable"));
        }
        return yaml;
    }

    /** What the file sets, by key. */
    Map<String, Entry> entries() {
        return entries;
    }

    List<ConfigProblem> problems() {
        return problems;
    }

    private void flatten(String prefix, MappingNode mapping) {
        for (NodeTuple tuple : mapping.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode name)) {
                problem(
                        tuple.getKeyNode(),
                        prefix.isEmpty() ? "a key" : prefix,
                        "expected a plain key",
                        "write a name");
                continue;
            }
            String key = prefix.isEmpty() ? name.getValue() : prefix + "." + name.getValue();
            value(key, tuple.getKeyNode(), tuple.getValueNode());
        }
    }

    private void value(String key, Node at, Node value) {
        if (value instanceof MappingNode nested) {
            flatten(key, nested);
        } else if (value instanceof SequenceNode sequence) {
            List<String> items = new ArrayList<>();
            for (Node item : sequence.getValue()) {
                if (item instanceof ScalarNode scalar) {
                    items.add(scalar.getValue());
                } else {
                    problem(item, key, "expected a list of plain values", "write one value per item");
                    return;
                }
            }
            if (!items.isEmpty()) {
                put(key, at, String.join(",", items));
            }
        } else if (value instanceof ScalarNode scalar && !isEmpty(scalar)) {
            put(key, at, scalar.getValue());
        }
    }

    private void put(String key, Node at, String value) {
        Entry entry = new Entry(key, value, origin(at));
        Entry before = entries.putIfAbsent(key, entry);
        if (before != null) {
            problems.add(new ConfigProblem(
                    key, entry.origin(), value, "is set twice, first at " + before.origin(), "keep one of the two"));
        }
    }

    private void problem(Node at, String key, String expectation, String remedy) {
        problems.add(new ConfigProblem(key, origin(at), "", expectation, remedy));
    }

    private String origin(Node node) {
        return file + ":" + (node.getStartMark().getLine() + 1);
    }

    private static boolean isEmpty(Node node) {
        return Tag.NULL.equals(node.getTag());
    }
}
