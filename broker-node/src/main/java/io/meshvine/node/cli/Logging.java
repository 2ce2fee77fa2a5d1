package io.meshvine.node.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import io.meshvine.node.config.LogLevel;
import org.slf4j.LoggerFactory;

/**
 * Logs to standard error, set up in code: an XML file would cost a node about 150 ms at its start. Found by Logback as a
 * service; steps back if there is a {@code logback.xml} or {@code logback-test.xml} on the class path, or another one is
 * named by {@code -Dlogback.configurationFile}.
 */
@ConfiguratorRank(ConfiguratorRank.CUSTOM_HIGH_PRIORITY)
public final class Logging extends ContextAwareBase implements Configurator {

    private static final String OWN = "io.meshvine";
    private static final String PATTERN = "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level [%thread] %logger{0}: %msg%n";

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        ClassLoader resources = Logging.class.getClassLoader();
        if (System.getProperty("logback.configurationFile") != null
                || resources.getResource("logback-test.xml") != null
                || resources.getResource("logback.xml") != null) {
            return ExecutionStatus.INVOKE_NEXT_IF_ANY;
        }
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(PATTERN);
        encoder.start();
        ConsoleAppender<ILoggingEvent> errors = new ConsoleAppender<>();
        errors.setContext(context);
        errors.setTarget("System.err");
        errors.setEncoder(encoder);
        errors.start();
        context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).addAppender(errors);
        apply(context, LogLevel.INFO);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    /** Sets the least severity of the node's own lines; libraries speak one step less. */
    static void level(LogLevel level) {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            apply(context, level);
        }
    }

    private static void apply(LoggerContext context, LogLevel level) {
        Level own = Level.toLevel(level.name());
        Level others =
                switch (level) {
                    case TRACE -> Level.DEBUG;
                    case DEBUG -> Level.INFO;
                    case INFO, WARN -> Level.WARN;
                    case ERROR -> Level.ERROR;
                };
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(others);
        context.getLogger(OWN).setLevel(own);
    }
}
