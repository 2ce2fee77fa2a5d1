package io.meshvine.it.harness;

import io.meshvine.it.wire.Version;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A test of one {@link Version} parameter that runs for each. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@ParameterizedTest(name = "{argumentsWithNames}")
@EnumSource(Version.class)
public @interface EachVersion {}
