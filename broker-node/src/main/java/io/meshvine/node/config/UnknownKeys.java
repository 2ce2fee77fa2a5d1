package io.meshvine.node.config;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Says what is wrong with a key that no setting has. */
final class UnknownKeys {

    /** Keys of the design whose feature is still to come. */
    private static final Pattern LATER =
            Pattern.compile("ack|will\\.grace|(mqtt\\.(tls|wss)|mesh\\.tls|coap|coaps)(\\..*)?");

    /** What Kubernetes puts into every container of a namespace that has a service named meshvine or meshvine-x. */
    private static final Pattern SERVICE_LINK = Pattern.compile(
            "MESHVINE_(\\w+_)?(SERVICE_HOST|SERVICE_PORT(_\\w+)?|PORT_\\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)");

    private UnknownKeys() {}

    static ConfigProblem inFile(Entry entry) {
        String remedy = later(entry.key())
                .or(() -> nearest(entry.key()).map(key -> "did you mean " + key + "?"))
                .orElse("remove it, or see config/meshvine.yaml for all keys");
        return new ConfigProblem(entry.key(), entry.origin(), "", "unknown key", remedy);
    }

    static ConfigProblem inEnvironment(String variable) {
        String key = asKey(variable);
        String remedy = later(key)
                .or(() -> nearest(key).map(name -> "did you mean " + Setting.environmentName(name) + "?"))
                .orElse("unset it; names with MESHVINE_ in front are settings");
        return new ConfigProblem(variable, "environment", "", "unknown setting", remedy);
    }

    /** Whether Kubernetes made that variable, not the operator. */
    static boolean isServiceLink(Map.Entry<String, String> variable) {
        return SERVICE_LINK.matcher(variable.getKey()).matches()
                || (variable.getKey().endsWith("PORT") && variable.getValue().matches("(tcp|udp|sctp)://.*"));
    }

    private static Optional<String> later(String key) {
        return LATER.matcher(key).matches()
                ? Optional.of("that is not available in this version, remove it")
                : Optional.empty();
    }

    private static String asKey(String variable) {
        String name = variable.substring(Setting.ENVIRONMENT_PREFIX.length());
        return name.toLowerCase(Locale.ROOT).replace('_', '.');
    }

    /** The known key that is written most alike; dots, dashes and underscores count as the same. */
    static Optional<String> nearest(String wrong) {
        String folded = fold(wrong);
        List<String> keys = Settings.all().stream().map(Setting::key).toList();
        String best = "";
        int bestDistance = Math.max(2, folded.length() * 2 / 5) + 1;
        for (String key : keys) {
            int distance = distance(folded, fold(key));
            if (distance < bestDistance) {
                best = key;
                bestDistance = distance;
            }
        }
        return best.isEmpty() ? Optional.empty() : Optional.of(best);
    }

    private static String fold(String key) {
        return key.toLowerCase(Locale.ROOT).replace('-', '.').replace('_', '.');
    }

    /** Levenshtein: how many letters to insert, delete or replace. */
    private static int distance(String from, String to) {
        int[] row = new int[to.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[to.length()];
    }
}
