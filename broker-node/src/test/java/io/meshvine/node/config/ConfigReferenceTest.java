package io.meshvine.node.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The file that releases carry as {@code config/meshvine.yaml} is the table of settings, and nothing else. */
class ConfigReferenceTest {

    private static final Path FILE = Path.of(System.getProperty("basedir", "."), "src/main/dist/config/meshvine.yaml");
    private static final String HEAD = """
            # Settings of a Meshvine node. Every line is optional; the values here are the defaults. Uncomment what you change.
            # The environment goes over this file: mqtt.tcp.port is MESHVINE_MQTT_TCP_PORT, lists are comma-separated there.
            # Durations: 500ms, 2s, 5m, 24h, 7d. Sizes: 512, 64KiB, 1MiB, 2GiB. Ports: 0 takes any free one, -1 opens none.
            # Check it with: meshvine check-config --config FILE
            """;

    @Test
    void namesEverySettingWithItsDefaultAndMeaning() throws IOException {
        assertThat(Files.readString(FILE)).isEqualTo(reference());
    }

    private static String reference() {
        StringBuilder text = new StringBuilder(HEAD);
        String section = "";
        for (Setting<?> setting : Settings.all()) {
            String next = setting.key().split("\\.", 2)[0];
            if (!next.equals(section)) {
                text.append('\n');
                section = next;
            }
            String line = ("#" + setting.key() + ": " + setting.defaultText()).stripTrailing();
            text.append("%-40s # %s%n".formatted(line, setting.meaning()));
        }
        return text.toString();
    }
}
