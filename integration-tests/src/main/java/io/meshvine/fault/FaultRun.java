package io.meshvine.fault;

import io.meshvine.fault.client.ClientLoop;
import io.meshvine.fault.client.Fleet;
import io.meshvine.fault.mesh.FaultMesh;
import io.meshvine.fault.mesh.FaultNode;
import io.meshvine.fault.net.Network;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** One scenario from nothing to its verdict. Used by one thread. */
final class FaultRun {
    private static final Duration WARM_UP = Duration.ofSeconds(3);
    private static final Duration AFTERMATH = Duration.ofSeconds(2);

    private final Network network;
    private final Settings settings;

    FaultRun(Network network, Settings settings) {
        this.network = network;
        this.settings = settings;
    }

    Outcome of(Scenario scenario) {
        Path directory = settings.directory().resolve(scenario.name());
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try (FaultMesh mesh =
                        new FaultMesh(scenario.nodes(), directory, scenario.nodeSettings(), scenario.jvmOptions());
                ClientLoop loop = new ClientLoop();
                Fleet fleet = new Fleet(
                        loop, mesh.nodes().stream().map(FaultNode::mqtt).toList())) {
            scenario.populate(fleet, settings.rate());
            Stage stage = new Stage(settings, network, mesh, fleet);
            scenario.prepare(stage, directory);
            mesh.start();
            return play(scenario, stage);
        } finally {
            network.heal();
            scenario.cleanUp();
        }
    }

    private static Outcome play(Scenario scenario, Stage stage) {
        Fleet fleet = stage.fleet();
        fleet.connect();
        fleet.startPublishing();
        stage.hold(WARM_UP);
        fleet.sendAway();
        fleet.beginWatch();
        scenario.inject(stage);
        fleet.endWatch();
        stage.awaitConvergence();
        fleet.bringBack();
        stage.hold(AFTERMATH);
        boolean settled = fleet.stopPublishing(Stage.LIMIT);
        if (!settled) {
            stage.say("publishers still wait for acknowledgements");
        }
        fleet.awaitDelivered(scenario.drainLimit());
        fleet.awaitWills(Bars.WILL);
        int wrongRetained = fleet.wrongRetained();
        stage.mesh().nodes().forEach(stage::keepDrops);
        return Outcome.of(scenario, stage, settled, wrongRetained);
    }
}
