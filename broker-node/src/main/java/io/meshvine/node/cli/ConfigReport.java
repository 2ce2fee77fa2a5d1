package io.meshvine.node.cli;

import io.meshvine.node.config.LoadedConfig;
import io.meshvine.node.config.LoadedConfig.Effective;
import java.io.PrintWriter;
import picocli.CommandLine.ExitCode;

/** Shows a valid configuration and where each value came from. */
final class ConfigReport {

    private ConfigReport() {}

    static int print(LoadedConfig loaded, PrintWriter out) {
        int keys = loaded.settings().stream()
                .mapToInt(setting -> setting.key().length())
                .max()
                .orElse(0);
        int values = loaded.settings().stream()
                .mapToInt(setting -> setting.value().length())
                .max()
                .orElse(0);
        for (Effective setting : loaded.settings()) {
            out.printf(
                    "%-" + keys + "s  %-" + Math.max(1, values) + "s  # %s%n",
                    setting.key() + ":",
                    setting.value(),
                    setting.source());
        }
        out.println("configuration is valid");
        out.flush();
        return ExitCode.OK;
    }
}
