package io.meshvine.node.config;

/**
 * One thing wrong with the configuration, said so that the operator can mend it.
 *
 * @param key the setting, or what stands in its place
 * @param source {@code file:line}, the name of an environment variable, or "default"
 * @param value the text found there; "" if the problem is not about a value
 * @param expectation what is expected instead
 * @param remedy what to do
 */
public record ConfigProblem(String key, String source, String value, String expectation, String remedy) {

    @Override
    public String toString() {
        StringBuilder line = new StringBuilder(key);
        if (!value.isEmpty()) {
            line.append('=').append(value);
        }
        line.append(" (").append(source).append("): ").append(expectation);
        if (!remedy.isEmpty()) {
            line.append("; ").append(remedy);
        }
        return line.toString();
    }
}
