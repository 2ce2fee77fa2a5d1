package io.meshvine.node.security;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Users and the hashes of their passwords, as in a file that {@code mosquitto_passwd} writes: {@code name:hash} lines,
 * empty lines, and comments that begin with {@code #}. Immutable.
 */
public record PasswordFile(Map<String, PasswordHash> users) {

    public PasswordFile {
        users = Map.copyOf(users);
    }

    /**
     * Reads a file.
     *
     * @param setting the key that names it
     */
    static PasswordFile read(String setting, Path file) throws SecurityFileException {
        Map<String, PasswordHash> users = new LinkedHashMap<>();
        int number = 0;
        for (String line : TextFile.lines(setting, file)) {
            number++;
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            int colon = line.indexOf(':');
            if (colon < 1) {
                throw SecurityFileException.inLine(setting, file, number, "expected name:hash");
            }
            String name = line.substring(0, colon);
            try {
                if (users.put(name, PasswordHash.parse(line.substring(colon + 1).trim())) != null) {
                    throw SecurityFileException.inLine(setting, file, number, "names " + name + " a second time");
                }
            } catch (IllegalArgumentException unknown) {
                throw SecurityFileException.inLine(setting, file, number, String.valueOf(unknown.getMessage()));
            }
        }
        return new PasswordFile(users);
    }
}
