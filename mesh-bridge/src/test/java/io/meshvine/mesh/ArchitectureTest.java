package io.meshvine.mesh;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** The import rules of the mesh module. */
class ArchitectureTest {

    private static final String MESH = "io.meshvine.mesh..";

    /** Everything below the core that knows a library. */
    private static final String[] ADAPTERS = {
        "io.meshvine.mesh.jgroups..", "io.meshvine.mesh.store..", "io.meshvine.mesh.sim.."
    };

    private static final String[] LIBRARIES_OF_THE_CORE = {"java..", "org.jspecify..", "org.slf4j.."};

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.meshvine.mesh");

    @Test
    void coreImportsTheJdkJspecifyAndSlf4jOnly() {
        classes()
                .that()
                .resideInAPackage(MESH)
                .and()
                .resideOutsideOfPackages(ADAPTERS)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(Stream.concat(Stream.of(MESH), Arrays.stream(LIBRARIES_OF_THE_CORE))
                        .toArray(String[]::new))
                .check(CLASSES);
    }

    @Test
    void coreKnowsNoAdapter() {
        noClasses()
                .that()
                .resideInAPackage(MESH)
                .and()
                .resideOutsideOfPackages(ADAPTERS)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(ADAPTERS)
                .check(CLASSES);
    }

    @Test
    void onlyTheJGroupsAdapterImportsJGroups() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.meshvine.mesh.jgroups..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.jgroups..")
                .check(CLASSES);
    }

    @Test
    void onlyTheStoreImportsRocksDb() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.meshvine.mesh.store..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.rocksdb..")
                .check(CLASSES);
    }

    /** Else a mesh could not run in virtual time. The loop itself is where time comes from. */
    @Test
    void coreNeverAsksTheSystemForTime() {
        noClasses()
                .that()
                .resideInAPackage(MESH)
                .and()
                .resideOutsideOfPackages(ADAPTERS)
                .and()
                .doNotHaveSimpleName("BridgeLoop")
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(Instant.class, "now")
                .orShould()
                .callMethod(Clock.class, "systemUTC")
                .orShould()
                .callMethod(Thread.class, "sleep", long.class)
                .check(CLASSES);
    }

    @Test
    void everyPackageIsNullMarked() {
        assertThat(CLASSES.stream().map(JavaClass::getPackage).distinct())
                .isNotEmpty()
                .allMatch(p -> p.isAnnotatedWith(NullMarked.class));
    }
}
