package io.meshvine.it.harness;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * A test that Mosquitto 2.0.11 does not pass, and why; skipped when it is the broker under test, unless
 * {@code -Dmeshvine.it.deviations=true} asks to see whether that is still so.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
@ExtendWith(MosquittoDeviates.Condition.class)
public @interface MosquittoDeviates {

    /** What it does instead. */
    String value();

    /** Skips the test where it applies. */
    final class Condition implements ExecutionCondition {
        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            if (!SharedBroker.isMosquitto() || Boolean.getBoolean("meshvine.it.deviations")) {
                return ConditionEvaluationResult.enabled("not Mosquitto, or its deviations are to be seen");
            }
            return AnnotationSupport.findAnnotation(context.getElement(), MosquittoDeviates.class)
                    .map(deviation -> ConditionEvaluationResult.disabled(deviation.value()))
                    .orElseGet(() -> ConditionEvaluationResult.enabled("no deviation"));
        }
    }
}
