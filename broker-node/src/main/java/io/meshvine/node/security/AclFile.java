package io.meshvine.node.security;

import io.meshvine.mesh.interest.TopicFilters;
import io.meshvine.node.security.AclRule.Access;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Rules as in Mosquitto's {@code acl_file}: {@code topic} lines, those before the first "user" for anonymous clients;
 * "pattern" lines for everybody, with {@code %c} and {@code %u}. Beyond Mosquitto, {@code group NAME} begins rules of
 * a group, and {@code member USER} adds to it. Immutable.
 *
 * @param anonymous rules of clients without a name
 * @param users rules by user
 * @param groups rules by group
 * @param groupsOf groups by user
 * @param patterns rules of everybody
 */
record AclFile(
        List<AclRule> anonymous,
        Map<String, List<AclRule>> users,
        Map<String, List<AclRule>> groups,
        Map<String, Set<String>> groupsOf,
        List<AclRule> patterns) {

    /** Reads a file, a line at a time. */
    private static final class Parser {
        private final String setting;
        private final Path file;
        private final List<AclRule> anonymous = new ArrayList<>();
        private final Map<String, List<AclRule>> users = new HashMap<>();
        private final Map<String, List<AclRule>> groups = new HashMap<>();
        private final Map<String, Set<String>> groupsOf = new HashMap<>();
        private final List<AclRule> patterns = new ArrayList<>();
        private List<AclRule> section = anonymous;
        private String group = "";
        private int number;

        Parser(String setting, Path file) {
            this.setting = setting;
            this.file = file;
        }

        AclFile parse() throws SecurityFileException {
            for (String line : TextFile.lines(setting, file)) {
                number++;
                String text = line.strip();
                if (!text.isEmpty() && !text.startsWith("#")) {
                    line(text);
                }
            }
            return new AclFile(anonymous, users, groups, groupsOf, patterns);
        }

        private void line(String text) throws SecurityFileException {
            int blank = firstBlank(text);
            String word = text.substring(0, blank);
            String rest = text.substring(blank).strip();
            if (rest.isEmpty()) {
                throw problem(word + " needs something behind it");
            }
            switch (word) {
                case "user" -> {
                    group = "";
                    section = users.computeIfAbsent(rest, name -> new ArrayList<>());
                }
                case "group" -> {
                    group = rest;
                    section = groups.computeIfAbsent(rest, name -> new ArrayList<>());
                }
                case "member" -> member(rest);
                case "topic" -> section.add(rule(rest, false));
                case "pattern" -> patterns.add(rule(rest, true));
                default -> throw problem("begins with " + word + "; expected user, topic, pattern, group or member");
            }
        }

        private void member(String user) throws SecurityFileException {
            if (group.isEmpty()) {
                throw problem("member stands in no group; write group NAME before it");
            }
            groupsOf.computeIfAbsent(user, name -> new HashSet<>()).add(group);
        }

        private AclRule rule(String text, boolean pattern) throws SecurityFileException {
            int blank = firstBlank(text);
            Access access = Access.READWRITE;
            String filter = text;
            if (blank < text.length()) {
                access = access(text.substring(0, blank));
                filter = text.substring(blank).strip();
            }
            if (!TopicFilters.isValidFilter(filter) || TopicFilters.isShared(filter)) {
                throw problem(filter + " is no topic filter");
            }
            if (!pattern && (filter.contains("%c") || filter.contains("%u"))) {
                throw problem("%c and %u have a meaning in patterns only; write pattern instead of topic");
            }
            return new AclRule(filter, access);
        }

        private Access access(String word) throws SecurityFileException {
            for (Access each : Access.values()) {
                if (each.name().toLowerCase(Locale.ROOT).equals(word)) {
                    return each;
                }
            }
            throw problem(word + " is no access; expected read, write, readwrite or deny");
        }

        private static int firstBlank(String text) {
            for (int i = 0; i < text.length(); i++) {
                if (Character.isWhitespace(text.charAt(i))) {
                    return i;
                }
            }
            return text.length();
        }

        private SecurityFileException problem(String what) {
            return SecurityFileException.inLine(setting, file, number, what);
        }
    }

    static AclFile read(String setting, Path file) throws SecurityFileException {
        return new Parser(setting, file).parse();
    }
}
