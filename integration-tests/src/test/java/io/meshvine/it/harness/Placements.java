package io.meshvine.it.harness;

import io.meshvine.it.wire.Version;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ArgumentsProvider;
import org.junit.jupiter.params.support.ParameterDeclarations;

/** Arguments of {@link EachPlacement}: the placements that the broker under test has nodes for. */
final class Placements implements ArgumentsProvider {

    @Override
    public Stream<? extends Arguments> provideArguments(ParameterDeclarations parameters, ExtensionContext context) {
        Broker broker = SharedBroker.of(context);
        boolean versions = parameters.getAll().stream()
                .anyMatch(parameter -> parameter.getParameterType().equals(Version.class));
        return Arrays.stream(Placement.values())
                .filter(placement -> placement.isPossibleWith(broker))
                .flatMap(placement -> versions
                        ? Arrays.stream(Version.values()).map(version -> Arguments.of(placement, version))
                        : Stream.of(Arguments.of(placement)));
    }
}
