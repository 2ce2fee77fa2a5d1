package io.meshvine.fault;

import io.meshvine.fault.net.Weather;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The network between the nodes is slow and loses packets for a while. */
final class LossyNetwork implements Scenario {
    private static final int LOSS_PERCENT = 5;
    private static final Duration DELAY = Duration.ofMillis(150);
    private static final Duration TIME = Duration.ofSeconds(30);

    private @Nullable Weather weather;

    @Override
    public String name() {
        return "lossy";
    }

    @Override
    public String description() {
        return LOSS_PERCENT + " % loss and " + DELAY.toMillis() + " ms delay each way between all nodes for "
                + TIME.toSeconds() + " s";
    }

    @Override
    public Bars bars() {
        return Bars.serving();
    }

    @Override
    public void prepare(Stage stage, Path directory) {
        weather = new Weather(nodes());
    }

    @Override
    public void cleanUp() {
        if (weather != null) {
            weather.close();
        }
    }

    @Override
    public void inject(Stage stage) {
        if (weather == null) {
            throw new IllegalStateException("not prepared");
        }
        weather.worsen(LOSS_PERCENT, DELAY.toMillis());
        stage.say("worse");
        stage.hold(stage.settings().durationOr(TIME));
        weather.clear();
        stage.say("clear");
    }
}
