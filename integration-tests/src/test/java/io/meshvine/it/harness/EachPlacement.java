package io.meshvine.it.harness;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ArgumentsSource;

/**
 * A test that runs for every placement of publisher and subscriber. Its first parameter is a {@link Placement}; with a
 * second one of type {@link io.meshvine.it.wire.Version} it runs for every version of MQTT too.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@ParameterizedTest(name = "{argumentsWithNames}")
@ArgumentsSource(Placements.class)
public @interface EachPlacement {}
