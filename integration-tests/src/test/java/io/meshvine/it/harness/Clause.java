package io.meshvine.it.harness;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The normative statements that a test shows to hold, by their numbers in the OASIS standards. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Clause {

    /** Statements of MQTT 5.0, as {@code MQTT-3.3.4-6}; a section's number where the standard gives none. */
    String[] value() default {};

    /** Statements of MQTT 3.1.1. */
    String[] v311() default {};
}
