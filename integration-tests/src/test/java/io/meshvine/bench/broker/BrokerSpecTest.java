package io.meshvine.bench.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class BrokerSpecTest {
    @Test
    void readsKindAndOptions() {
        BrokerSpec spec =
                BrokerSpec.parse("meshvine,nodes=3,to=2,jvm=-Xmx512m -XX:+UseSerialGC,env.MESHVINE_DURABILITY=os");

        assertThat(spec.kind()).isEqualTo("meshvine");
        assertThat(spec.from()).isZero();
        assertThat(spec.to()).isEqualTo(2);
        assertThat(spec.options()).containsEntry("env.MESHVINE_DURABILITY", "os");
    }

    @Test
    void refusesUnknownKeys() {
        assertThatThrownBy(() -> BrokerSpec.parse("mosquitto,colour=red")).hasMessageContaining("colour");
    }

    @Test
    void sharesProcessesWhenOnlyTheClientsMove() {
        BrokerSpec mesh = BrokerSpec.parse("meshvine,nodes=3,to=2");

        assertThat(mesh.sharesProcessesWith(BrokerSpec.parse("meshvine,nodes=3")))
                .isTrue();
        assertThat(mesh.sharesProcessesWith(BrokerSpec.parse("meshvine,nodes=2")))
                .isFalse();
    }
}
