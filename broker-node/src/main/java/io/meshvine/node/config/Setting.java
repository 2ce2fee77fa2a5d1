package io.meshvine.node.config;

import java.util.Locale;

/**
 * One key an operator can set.
 *
 * @param key its path in the YAML file
 * @param defaultText what holds when nobody sets it; "" if the default depends on other settings or on the host
 * @param secret whether its value is shown as {@code ***}
 * @param meaning one line for the operator
 */
record Setting<T>(String key, String defaultText, ValueType<T> type, boolean secret, String meaning) {

    static final String ENVIRONMENT_PREFIX = "MESHVINE_";

    Setting(String key, String defaultText, ValueType<T> type, String meaning) {
        this(key, defaultText, type, false, meaning);
    }

    /** The name of the environment variable that sets it. */
    String environmentName() {
        return environmentName(key);
    }

    static String environmentName(String key) {
        return ENVIRONMENT_PREFIX + key.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
    }
}
