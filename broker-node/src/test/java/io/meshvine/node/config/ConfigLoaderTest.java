package io.meshvine.node.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.meshvine.node.config.MeshConfig.Discovery;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigLoaderTest {

    private static final HostFacts HOST = new HostFacts() {
        @Override
        public Optional<String> name() {
            return Optional.of("edge-7");
        }

        @Override
        public int processors() {
            return 6;
        }

        @Override
        public boolean isLoopback(String host) throws UnknownHostException {
            if (host.endsWith(".invalid")) {
                throw new UnknownHostException(host);
            }
            return InetAddress.getByName(host).isLoopbackAddress();
        }
    };

    @TempDir
    Path folder;

    @Test
    void worksWithoutAnyConfiguration() {
        NodeConfig config = load(null, Map.of()).config();

        assertThat(config.name()).isEqualTo("edge-7");
        assertThat(config.dataDir()).isEqualTo(Path.of("data", "edge-7"));
        assertThat(config.mqtt().tcp()).isEqualTo(new Listener("127.0.0.1", 1883));
        assertThat(config.mqtt().ws()).isEqualTo(new Listener("127.0.0.1", 8083));
        assertThat(config.mesh().bind()).isEqualTo(new Listener("127.0.0.1", 7800));
        assertThat(config.mesh().discovery()).isEqualTo(Discovery.LAN);
        assertThat(config.admin()).isEqualTo(new Listener("127.0.0.1", 8080));
        assertThat(config.mesh().subscribeConfirmTimeout()).isEqualTo(Duration.ofMillis(500));
        assertThat(config.mesh().spillAfter()).isEqualTo(Duration.ofMillis(50));
        assertThat(config.mqtt().workers()).isEqualTo(6);
        assertThat(config.session().maxExpiry()).isEqualTo(SessionConfig.NEVER);
        assertThat(config.session().overflow()).isEqualTo(SessionConfig.Overflow.REJECT_NEWEST);
        assertThat(config.security().allowAnonymous()).isFalse();
    }

    @Test
    void environmentGoesOverFileGoesOverDefault() {
        Path file = write("""
            node.name: from-file
            mqtt:
              tcp: {port: 2883}
              max-packet-size: 64KiB
            """);

        LoadedConfig loaded = load(file, Map.of("MESHVINE_MQTT_TCP_PORT", "3883", "HOME", "/root"));

        assertThat(loaded.config().mqtt().tcp().port()).isEqualTo(3883);
        assertThat(loaded.config().mqtt().maxPacketSize()).isEqualTo(64 * 1024);
        assertThat(loaded.config().dataDir()).isEqualTo(Path.of("data", "from-file"));
        assertThat(loaded.settings())
                .contains(
                        new LoadedConfig.Effective("mqtt.tcp.port", "3883", "MESHVINE_MQTT_TCP_PORT"),
                        new LoadedConfig.Effective("mqtt.max-packet-size", "64KiB", file + ":4"),
                        new LoadedConfig.Effective("mqtt.ws.port", "8083", "default"));
    }

    @Test
    void reportsEveryProblemAtOnceWithKeySourceValueExpectationAndRemedy() {
        Path file = write("""
            mqtt:
              tcp:
                port: many
              ws:
                prt: 8083
              connect-timeout: 10
            admin:
              host: 0.0.0.0
            mesh:
              bind-address: 192.0.2.7
            ack: replicated
            """);

        ConfigException refused = refused(file, Map.of("MESHVINE_MESH_BIND_PROT", "1", "MESHVINE_MESH_NAME", "a b"));

        assertThat(refused.problems())
                .extracting(ConfigProblem::toString)
                .containsExactlyInAnyOrder(
                        "mqtt.tcp.port=many (" + file
                                + ":3): expected a port, 1 to 65535, or 0 for any free one, or -1 for off",
                        "mqtt.ws.prt (" + file + ":5): unknown key; did you mean mqtt.ws.port?",
                        "mqtt.connect-timeout=10 (" + file
                                + ":6): expected a duration from 100ms to 10m, with its unit (ms, s, m, h, d)",
                        "mesh.bind-address=192.0.2.7 (" + file
                                + ":10): is reachable from other hosts, where nobody has to prove who they are;"
                                + " use 127.0.0.1, or set mesh.allow-insecure=true if that is what you want",
                        "admin.host=0.0.0.0 (" + file
                                + ":8): is reachable from other hosts, where nobody has to prove who they are; use"
                                + " 127.0.0.1, or set admin.password-file, or security.allow-anonymous=true if that"
                                + " is what you want",
                        "ack (" + file + ":11): unknown key; that is not available in this version, remove it",
                        "MESHVINE_MESH_BIND_PROT (environment): unknown setting; did you mean MESHVINE_MESH_BIND_PORT?",
                        "mesh.name=a b (MESHVINE_MESH_NAME): expected 1 to 64 letters, digits, dots, dashes or"
                                + " underscores");
        assertThat(refused).hasMessageStartingWith("configuration has 8 problems:\n  ");
    }

    @Test
    void readsListsFromBothKindsOfSource() {
        Path file = write("mesh:\n  seeds:\n    - 10.0.0.1:7801\n    - '[2001:db8::1]:7802'\n    - b\n");
        List<HostPort> expected =
                List.of(new HostPort("10.0.0.1", 7801), new HostPort("2001:db8::1", 7802), new HostPort("b", 7800));

        assertThat(load(file, Map.of()).config().mesh().seeds()).isEqualTo(expected);
        assertThat(load(null, Map.of("MESHVINE_MESH_SEEDS", "10.0.0.1:7801,[2001:db8::1]:7802, b"))
                        .config()
                        .mesh()
                        .seeds())
                .isEqualTo(expected);
    }

    @Test
    void discoveryFollowsFromSeedsOrDnsQuery() {
        assertThat(load(null, Map.of("MESHVINE_MESH_SEEDS", "a:1"))
                        .config()
                        .mesh()
                        .discovery())
                .isEqualTo(Discovery.STATIC);
        MeshConfig dns =
                load(null, Map.of("MESHVINE_MESH_DNS_QUERY", "peers")).config().mesh();
        assertThat(dns.discovery()).isEqualTo(Discovery.DNS);
        assertThat(dns.dnsQuery()).isEqualTo("peers");
    }

    @Test
    void refusesDiscoverySettingsThatContradictEachOther() {
        assertThat(refused(null, Map.of("MESHVINE_MESH_DISCOVERY", "static")).problems())
                .extracting(ConfigProblem::toString)
                .containsExactly("mesh.discovery=static (MESHVINE_MESH_DISCOVERY): needs mesh.seeds; set mesh.seeds");
        assertThat(refused(null, Map.of("MESHVINE_MESH_DISCOVERY", "lan", "MESHVINE_MESH_SEEDS", "a:1"))
                        .problems())
                .extracting(ConfigProblem::key)
                .containsExactly("mesh.seeds");
        assertThat(refused(null, Map.of("MESHVINE_MESH_DNS_QUERY", "x", "MESHVINE_MESH_SEEDS", "a:1"))
                        .problems())
                .extracting(ConfigProblem::key)
                .containsExactly("mesh.seeds");
    }

    @Test
    void servesOtherHostsOnlyWhenTheOperatorSaysSoByName() {
        assertThat(refused(null, Map.of("MESHVINE_MQTT_TCP_HOST", "0.0.0.0")).problems())
                .extracting(ConfigProblem::key)
                .containsExactly("mqtt.tcp.host");

        NodeConfig open =
                load(null, Map.of("MESHVINE_SECURITY_ALLOW_ANONYMOUS", "true")).config();
        assertThat(open.mqtt().tcp().host()).isEqualTo("0.0.0.0");
        assertThat(open.mqtt().ws().host()).isEqualTo("0.0.0.0");
        assertThat(open.mesh().bind().host()).isEqualTo("127.0.0.1");
    }

    @Test
    void aListenerThatIsOffIsReachableByNobody() {
        NodeConfig config = load(null, Map.of("MESHVINE_MQTT_WS_HOST", "0.0.0.0", "MESHVINE_MQTT_WS_PORT", "-1"))
                .config();

        assertThat(config.mqtt().ws().enabled()).isFalse();
        assertThat(config.mqtt().ws()).hasToString("off");
    }

    @Test
    void peersBeyondThisHostNeedPermissionByName() {
        Map<String, String> open = Map.of(
                "MESHVINE_MESH_BIND_ADDRESS", "0.0.0.0",
                "MESHVINE_MESH_ADVERTISED_ADDRESS", "192.0.2.7",
                "MESHVINE_MESH_ALLOW_INSECURE", "true");

        MeshConfig mesh = load(null, open).config().mesh();
        assertThat(mesh.bind()).isEqualTo(new Listener("0.0.0.0", 7800));
        assertThat(mesh.advertisedHost()).isEqualTo("192.0.2.7");
        assertThat(refused(null, Map.of("MESHVINE_MESH_BIND_ADDRESS", "0.0.0.0"))
                        .problems())
                .extracting(ConfigProblem::key)
                .containsExactly("mesh.bind-address");
    }

    @Test
    void onlyAPortThatNobodyChoseMayGiveWay() {
        assertThat(load(null, Map.of()).config().mesh().portRange()).isEqualTo(19);
        assertThat(load(null, Map.of("MESHVINE_MESH_BIND_PORT", "7800"))
                        .config()
                        .mesh()
                        .portRange())
                .isZero();
    }

    @Test
    void dnsDiscoveryNeedsAPortThatAllNodesShare() {
        Map<String, String> dns = Map.of("MESHVINE_MESH_DNS_QUERY", "peers");
        assertThat(load(null, dns).config().mesh().portRange()).isZero();
        assertThat(refused(null, Map.of("MESHVINE_MESH_DNS_QUERY", "peers", "MESHVINE_MESH_BIND_PORT", "0"))
                        .problems())
                .extracting(ConfigProblem::key)
                .containsExactly("mesh.bind-port");
    }

    @Test
    void theMeshForwardsWhateverAClientMaySend() {
        Map<String, String> large = Map.of("mqtt.max-packet-size", "64MiB", "mesh.link-window", "1GiB");

        assertThat(NodeConfig.of(large).mesh().maxPublishSize()).isGreaterThan(64 << 20);
        assertThat(refused(null, Map.of("MESHVINE_MQTT_MAX_PACKET_SIZE", "64MiB"))
                        .problems())
                .extracting(ConfigProblem::key)
                .containsExactly("mesh.link-window");
    }

    @Test
    void refusesOnePortForTwoListenersButNotAnyPort() {
        assertThat(refused(null, Map.of("MESHVINE_ADMIN_PORT", "1883")).problems())
                .extracting(ConfigProblem::toString)
                .containsExactly(
                        "admin.port=1883 (MESHVINE_ADMIN_PORT): is the port of mqtt.tcp.port too; change one of the"
                                + " two");

        NodeConfig any = NodeConfig.of(Map.of("mqtt.tcp.port", "0", "mqtt.ws.port", "0", "admin.port", "0"));
        assertThat(any.mqtt().tcp().port()).isZero();
    }

    @Test
    void anEmptyVariableOrKeyLeavesTheDefault() {
        Path file = write("mesh:\n  name:\n  seeds: []\n");

        NodeConfig config = load(file, Map.of("MESHVINE_NODE_NAME", "")).config();

        assertThat(config.name()).isEqualTo("edge-7");
        assertThat(config.mesh().name()).isEqualTo("meshvine");
        assertThat(config.mesh().seeds()).isEmpty();
    }

    @Test
    void ignoresVariablesThatKubernetesMakesForAServiceOfOurName() {
        Map<String, String> links = Map.of(
                "MESHVINE_SERVICE_HOST", "10.0.0.1",
                "MESHVINE_SERVICE_PORT_MQTT", "1883",
                "MESHVINE_PORT", "tcp://10.0.0.1:1883",
                "MESHVINE_PORT_1883_TCP_ADDR", "10.0.0.1",
                "MESHVINE_MQTT_PORT", "tcp://10.0.0.1:1883");

        assertThat(load(null, links).config().mqtt().tcp().port()).isEqualTo(1883);
        assertThat(refused(null, Map.of("MESHVINE_MQTT_PORT", "1883")).problems())
                .extracting(ConfigProblem::remedy)
                .containsExactly("did you mean MESHVINE_MQTT_WS_PORT?");
    }

    @Test
    void reportsBrokenYamlWithItsLine() {
        Path file = write("mqtt:\n  tcp: {port: 1\nadmin: 3\n");

        assertThat(refused(file, Map.of()).problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.source()).startsWith(file + ":"))
                .satisfies(problem -> assertThat(problem.expectation()).startsWith("not YAML: "));
    }

    @Test
    void reportsAKeyThatIsSetTwice() {
        Path file = write("mesh.name: a\nmesh:\n  name: b\n");

        assertThat(refused(file, Map.of()).problems())
                .extracting(ConfigProblem::toString)
                .containsExactly(
                        "mesh.name=b (" + file + ":3): is set twice, first at " + file + ":1; keep one of the two");
    }

    @Test
    void reportsAMissingOrUnreadableFile() throws IOException {
        assertThat(refused(folder.resolve("none.yaml"), Map.of()).getMessage()).contains("there is no such file");
        assertThat(refused(folder, Map.of()).getMessage()).contains("cannot be read");
        Path binary = folder.resolve("binary.yaml");
        Files.write(binary, new byte[] {'a', ':', ' ', (byte) 0xC3, (byte) 0x28});
        assertThat(refused(binary, Map.of()).getMessage()).contains("not YAML in UTF-8");
    }

    @Test
    void anEmptyFileIsAFileWithoutSettings() {
        assertThat(load(write(""), Map.of()).config())
                .isEqualTo(load(null, Map.of()).config());
        assertThat(load(write("# nothing\n"), Map.of()).config())
                .isEqualTo(load(null, Map.of()).config());
    }

    @Test
    void aNameWithoutAddressIsReportedOnce() {
        assertThat(refused(null, Map.of("MESHVINE_MQTT_TCP_HOST", "nowhere.invalid"))
                        .problems())
                .extracting(ConfigProblem::expectation)
                .containsExactly("this name has no address");
    }

    @Test
    void programsMayUseTheSameKeys() {
        assertThat(NodeConfig.of(Map.of("mesh.name", "other")).mesh().name()).isEqualTo("other");
        assertThatThrownBy(() -> NodeConfig.of(Map.of("mesh.nam", "x")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("did you mean mesh.name?");
    }

    @Test
    void everySettingHasItsOwnVariableAndAValidDefault() {
        assertThat(Settings.all()).extracting(Setting::environmentName).doesNotHaveDuplicates();
        assertThat(Settings.MESH_BIND_PORT.environmentName()).isEqualTo("MESHVINE_MESH_BIND_PORT");
        for (Setting<?> setting : Settings.all()) {
            if (!setting.defaultText().isEmpty()) {
                assertThat(setting.type().parser().apply(setting.defaultText())).isNotNull();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"500ms,500", "2s,2000", "5m,300000", "10m,600000"})
    void readsDurationsWithUnits(String text, long millis) {
        assertThat(NodeConfig.of(Map.of("mqtt.connect-timeout", text)).mqtt().connectTimeout())
                .isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @ValueSource(strings = {"2", "2 s", "2S", "-2s", "1.5s", "99ms", "11m", "999999999999999d"})
    void refusesDurationsThatAreUnclearOrOutOfRange(String text) {
        assertThatThrownBy(() -> NodeConfig.of(Map.of("mqtt.connect-timeout", text)))
                .isInstanceOf(ConfigException.class);
    }

    @ParameterizedTest
    @CsvSource({"67108864,67108864", "65536KiB,67108864", "64MiB,67108864", "1GiB,1073741824"})
    void readsSizesWithUnits(String text, long bytes) {
        assertThat(NodeConfig.of(Map.of("mesh.link-window", text)).mesh().linkWindow())
                .isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"64000K", "64MB", "64 MiB", "-1", "31MiB", "17GiB", "999999999999999999GiB"})
    void refusesSizesThatAreUnclearOrOutOfRange(String text) {
        assertThatThrownBy(() -> NodeConfig.of(Map.of("mesh.link-window", text)))
                .isInstanceOf(ConfigException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a:", "a:b", ":1", "a:0", "a:70000", "::1:7800", "[::1", "a,,b"})
    void refusesAddressesThatCannotBe(String text) {
        assertThatThrownBy(() -> NodeConfig.of(Map.of("mesh.seeds", text))).isInstanceOf(ConfigException.class);
    }

    private LoadedConfig load(Path file, Map<String, String> environment) {
        return ConfigLoader.load(file, environment, HOST);
    }

    private ConfigException refused(Path file, Map<String, String> environment) {
        return catchThrowableOfType(ConfigException.class, () -> load(file, environment));
    }

    private Path write(String yaml) {
        try {
            return Files.writeString(folder.resolve("meshvine.yaml"), yaml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void credentialsOpenListenersBeyondLoopback() {
        NodeConfig passwords =
                load(null, Map.of("MESHVINE_SECURITY_PASSWORD_FILE", "users")).config();
        assertThat(passwords.mqtt().tcp()).isEqualTo(new Listener("0.0.0.0", 1883));
        assertThat(passwords.admin().host())
                .as("those are not the users of the admin port")
                .isEqualTo("127.0.0.1");

        Map<String, String> certificates = Map.of(
                "MESHVINE_MQTT_TLS_CERTIFICATE", "crt",
                "MESHVINE_MQTT_TLS_KEY", "key",
                "MESHVINE_MQTT_TLS_CA", "ca",
                "MESHVINE_MQTT_TLS_CLIENT_AUTH", "required",
                "MESHVINE_MQTT_TLS_IDENTITY", "cn");
        NodeConfig identified = load(null, certificates).config();
        assertThat(identified.mqtt().tls()).isEqualTo(new Listener("0.0.0.0", 8883));
        assertThat(identified.mqtt().wss().enabled()).isFalse();
        assertThat(identified.mqtt().tcp().host())
                .as("nobody shows a certificate there")
                .isEqualTo("127.0.0.1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "MQTT_TLS_PORT=8883|mqtt.tls.port|has no certificate",
                "MQTT_TLS_CERTIFICATE=crt|mqtt.tls.key|is missing",
                "MQTT_TLS_CA=ca|mqtt.tls.ca|has no effect without mqtt.tls.certificate",
                "MQTT_TLS_CERTIFICATE=crt MQTT_TLS_KEY=key MQTT_TLS_CLIENT_AUTH=optional|mqtt.tls.client-auth|which"
                        + " certificates",
                "MQTT_TLS_CERTIFICATE=crt MQTT_TLS_KEY=key MQTT_TLS_IDENTITY=cn|mqtt.tls.identity|has no certificate",
                "MQTT_TLS_CERTIFICATE=crt MQTT_TLS_KEY=key MQTT_TLS_VERSIONS=TLSv1.1|mqtt.tls.versions|TLSv1.2 and"
                        + " TLSv1.3",
                "SECURITY_JWT_ISSUER=x|security.jwt.issuer|has no effect without security.jwt.jwks-file",
                "MQTT_TCP_DENY=10.0.0.0/33|mqtt.tcp.deny|expected a list of addresses",
                "MQTT_TCP_ALLOW=example.org|mqtt.tcp.allow|expected a list of addresses",
            })
    void securitySettingsThatMakeNoSenseAreProblems(String settings, String key, String expectation) {
        Map<String, String> environment = new HashMap<>();
        for (String setting : settings.split(" ", -1)) {
            String[] parts = setting.split("=", 2);
            environment.put("MESHVINE_" + parts[0], parts[1]);
        }
        ConfigException refusal = catchThrowableOfType(ConfigException.class, () -> load(null, environment));
        assertThat(refusal.problems())
                .anySatisfy(problem ->
                        assertThat(problem.toString()).startsWith(key).contains(expectation));
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.255.0.1, true",
        "10.0.0.0/8, 11.0.0.1, false",
        "10.1.2.3, 10.1.2.3, true",
        "10.1.2.3, 10.1.2.2, false",
        "10.1.2.128/25, 10.1.2.127, false",
        "0.0.0.0/0, 203.0.113.9, true",
        "0.0.0.0/0, ::1, false",
        "2001:db8::/32, 2001:db8:1::1, true",
        "2001:db8::/33, 2001:db8:8000::1, false",
        "10.0.0.0/8, ::ffff:10.0.0.1, true",
    })
    void blocksOfAddressesContainWhatBeginsWithTheSameBits(String block, String address, boolean contained)
            throws UnknownHostException {
        assertThat(Cidr.parse(block).contains(InetAddress.getByName(address))).isEqualTo(contained);
    }
}
