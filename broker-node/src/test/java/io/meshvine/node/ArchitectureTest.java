package io.meshvine.node;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The import rules of the node module, as each package states them in its {@code package-info}. */
class ArchitectureTest {

    private static final String NODE = "io.meshvine.node";

    /** The packages of the node that another one may import, beside itself; one that is not named here: config only. */
    private static final Map<String, Set<String>> MAY_IMPORT = Map.of(
            "config", Set.of(),
            "identity", Set.of(),
            "metrics", Set.of(),
            "session", Set.of(),
            "routing", Set.of("session"),
            "front", Set.of("session", "routing", "config"),
            "security", Set.of("config", "front", "session"),
            "cli", Set.of("config", "security"),
            "moquette", Set.of("session"));

    private static final Set<String> OTHERS_MAY_IMPORT = Set.of("config");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(NODE, "io.moquette.broker");

    private static final JavaClasses OWN = CLASSES.that(isOurs());

    private static DescribedPredicate<JavaClass> isOurs() {
        return DescribedPredicate.describe(
                "is ours",
                type -> type.getPackageName().startsWith(NODE)
                        || type.getName().startsWith("io.moquette.broker.MoquetteSeam"));
    }

    /** "session" for everything in and below io.meshvine.node.session, "" for the assembly, null outside of the node. */
    private static String partOf(JavaClass type) {
        String name = type.getPackageName();
        if (name.equals(NODE)) {
            return "";
        }
        return name.startsWith(NODE + ".") ? name.substring(NODE.length() + 1).split("\\.", 2)[0] : null;
    }

    @Test
    void onlyTheAssemblyImportsMoreThanItsPackageStates() {
        for (JavaClass type : OWN) {
            String part = partOf(type);
            if (part == null || part.isEmpty()) {
                continue;
            }
            Set<String> allowed = MAY_IMPORT.getOrDefault(part, OTHERS_MAY_IMPORT);
            assertThat(type.getDirectDependenciesFromSelf())
                    .as("what %s imports of the node", type.getName())
                    .allSatisfy(dependency -> {
                        String other = partOf(dependency.getTargetClass().getBaseComponentType());
                        assertThat(other == null || other.equals(part) || allowed.contains(other))
                                .as(dependency.getDescription())
                                .isTrue();
                    });
        }
    }

    @ParameterizedTest
    @CsvSource({
        "admin, io.javalin..",
        "admin, org.eclipse.jetty..",
        "metrics, io.micrometer..",
        "cli, picocli..",
        "cli, com.hivemq..",
        "cli, ch.qos.logback..",
        "security, org.bouncycastle..",
        "security, org.jose4j..",
        "config, io.smallrye..",
        "config, org.yaml.snakeyaml..",
    })
    void oneAdapterAloneImportsEachLibrary(String part, String library) {
        ArchRule rule = noClasses()
                .that()
                .resideOutsideOfPackage(NODE + "." + part + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(library);
        rule.check(OWN);
    }

    @Test
    void onlyTheAdapterAndTheSeamImportMoquette() {
        noClasses()
                .that()
                .resideOutsideOfPackages(NODE + ".moquette..", "io.moquette..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.moquette..")
                .check(OWN);
    }

    @Test
    void nobodyHereImportsJGroups() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.jgroups..")
                .check(OWN);
    }

    @Test
    void sessionsAndRoutesKnowNoChannel() {
        noClasses()
                .that()
                .resideInAnyPackage(NODE + ".session..", NODE + ".routing..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.netty.channel..", "io.netty.bootstrap..")
                .check(OWN);
    }

    @Test
    void everyPackageIsNullMarked() {
        assertThat(OWN.stream()
                        .filter(type -> partOf(type) != null)
                        .map(JavaClass::getPackage)
                        .distinct())
                .isNotEmpty()
                .allMatch(p -> p.isAnnotatedWith(NullMarked.class));
    }
}
