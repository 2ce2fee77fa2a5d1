package io.meshvine.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.it.harness.Clause;
import io.meshvine.it.harness.MosquittoDeviates;
import io.meshvine.it.wire.Connect;
import io.meshvine.it.wire.Packet;
import io.meshvine.it.wire.PacketType;
import io.meshvine.it.wire.Property;
import io.meshvine.it.wire.RawClient;
import io.meshvine.it.wire.Version;
import java.util.HexFormat;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Packets that are not in form, byte by byte, on a connection that is established. */
class MalformedPacketIT extends BrokerTest {

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", "").toLowerCase(Locale.ROOT));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "a surrogate in a topic,                   30 06 0003eda080 00,                            81",
        "U+0000 in a topic,                        30 04 000100 00,                                81",
        "a user property that is no UTF-8,         30 0b 000161 07 26 0001ff 000162,               81",
        "a number in more bytes than it needs,     30 05 000161 8000,                              81",
        "reserved flags in PUBACK,                 41 02 0001,                                     81",
        "reserved flags in PUBREL,                 60 02 0001,                                     81",
        "reserved flags in SUBSCRIBE,              80 07 0001 00 000161 00,                        81",
        "reserved flags in UNSUBSCRIBE,            a0 06 0001 00 000161,                           81",
        "reserved flags in PINGREQ,                c1 00,                                          81",
        "reserved flags in DISCONNECT,             e1 00,                                          81",
        "reserved flags in AUTH,                   f1 00,                                          81",
        "packet identifier 0,                      32 06 000161 0000 00,                           81",
        "DUP at QoS 0,                             38 04 000161 00,                                81",
        "QoS 3,                                    36 06 000161 0001 00,                           81",
        "a wildcard in a topic name,               30 06 0003612f23 00,                            81",
        "neither topic nor alias,                  30 03 0000 00,                                  82",
        "topic alias 0,                            30 07 000161 03 230000,                         94",
        "a topic alias beyond the maximum,         30 07 000161 03 23ffff,                         94",
        "a response topic that is no UTF-8,        30 08 000161 04 080001ff,                       81",
        "a wildcard in a response topic,           30 09 000161 05 0800022f23,                     82",
        "a content type that is no UTF-8,          30 08 000161 04 030001ff,                       81",
        "a client's subscription identifier,       30 06 000161 02 0b01,                           82",
        "a property of another packet,             30 09 000161 05 1100000001,                     81",
        "a property that comes twice,              30 08 000161 04 01000100,                       82",
        "SUBSCRIBE without filter,                 82 03 0001 00,                                  82",
        "a filter that is no UTF-8,                82 07 0001 00 0001ff 00,                        81",
        "reserved subscription options,            82 07 0001 00 000161 40,                        81",
        "subscription with QoS 3,                  82 07 0001 00 000161 03,                        81",
        "no local on a shared subscription,        82 10 0001 00 000a2473686172652f672f61 04,      82",
        "UNSUBSCRIBE without filter,               a2 03 0001 00,                                  82",
        "a filter to leave that is no UTF-8,       a2 06 0001 00 0001ff,                           81",
        "AUTH without an authentication method,    f0 00,                                          82",
        "a packet of the server,                   d0 00,                                          82",
    })
    @Clause({
        "MQTT-1.5.4-1", "MQTT-1.5.4-2", "MQTT-1.5.5-1", "MQTT-1.5.7-1", "MQTT-2.1.3-1", "MQTT-2.2.1-3",
        "MQTT-3.2.2-17", "MQTT-3.3.1-2", "MQTT-3.3.1-4", "MQTT-3.3.2-1", "MQTT-3.3.2-2", "MQTT-3.3.2-8",
        "MQTT-3.3.2-9", "MQTT-3.3.2-13", "MQTT-3.3.2-14", "MQTT-3.3.2-19", "MQTT-3.3.4-6", "MQTT-3.6.1-1",
        "MQTT-3.8.1-1", "MQTT-3.8.3-1", "MQTT-3.8.3-2", "MQTT-3.8.3-4", "MQTT-3.8.3-5", "MQTT-3.10.1-1",
        "MQTT-3.10.3-1", "MQTT-3.10.3-2", "MQTT-3.14.1-1", "MQTT-3.14.2-1", "MQTT-3.14.4-1", "MQTT-3.14.4-2",
        "MQTT-3.15.1-1", "MQTT-4.7.0-1", "MQTT-4.7.3-1", "MQTT-4.7.3-2", "MQTT-4.12.0-7", "MQTT-4.13.1-1",
        "MQTT-4.13.2-1"
    })
    @MosquittoDeviates("often closes without saying why, and takes some of them")
    void areAnsweredWithTheReason(String what, String hex, String reason) {
        RawClient client = connect(0, Version.V5);

        client.send(bytes(hex));

        assertThat(client.awaitDisconnect()).as(what).isEqualTo(Integer.parseInt(reason, 16));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "a surrogate in a topic,              30 05 0003eda080",
        "U+0000 in a topic,                   30 03 000100",
        "reserved flags in PUBACK,            41 02 0001",
        "reserved flags in PUBREL,            60 02 0001",
        "reserved flags in SUBSCRIBE,         80 06 0001 000161 00",
        "reserved flags in UNSUBSCRIBE,       a0 05 0001 000161",
        "reserved flags in PINGREQ,           c1 00",
        "reserved flags in DISCONNECT,        e1 00",
        "packet identifier 0,                 32 05 000161 0000",
        "DUP at QoS 0,                        38 03 000161",
        "QoS 3,                               36 05 000161 0001",
        "a wildcard in a topic name,          30 05 0003612f23",
        "an empty topic,                      30 02 0000",
        "SUBSCRIBE without filter,            82 02 0001",
        "a filter that is no UTF-8,           82 06 0001 0001ff 00",
        "subscription with QoS 3,             82 06 0001 000161 03",
        "reserved bits beside the QoS,        82 06 0001 000161 04",
        "UNSUBSCRIBE without filter,          a2 02 0001",
        "a filter to leave that is no UTF-8,  a2 05 0001 0001ff",
        "a packet type that is reserved,      f0 00",
    })
    @Clause(
            v311 = {
                "MQTT-1.5.3-1", "MQTT-1.5.3-2", "MQTT-2.2.2-1", "MQTT-2.2.2-2", "MQTT-2.3.1-1", "MQTT-3.3.1-2",
                "MQTT-3.3.1-4", "MQTT-3.3.2-1", "MQTT-3.3.2-2", "MQTT-3.6.1-1", "MQTT-3.8.1-1", "MQTT-3.8.3-1",
                "MQTT-3.8.3-3", "MQTT-3.8.3-4", "MQTT-3.10.1-1", "MQTT-3.10.3-1", "MQTT-3.10.3-2", "MQTT-3.14.1-1",
                "MQTT-4.7.1-1", "MQTT-4.7.3-1", "MQTT-4.7.3-2", "MQTT-4.8.0-1"
            })
    @MosquittoDeviates("takes some of them")
    void closeTheConnectionWithoutAWord(String what, String hex) {
        RawClient client = connect(0, Version.V3_1_1);

        client.send(bytes(hex));

        assertThat(client.awaitClose()).as(what).isEmpty();
    }

    @Test
    @Clause({"MQTT-3.14.2-2", "MQTT-3.14.2-3"})
    void areExplainedOnlyAsFarAsTheClientTakesPacketsOfThatSize() {
        RawClient client = connect(0, newClient(Version.V5).with(Property.MAXIMUM_PACKET_SIZE, 30));

        client.send(bytes("e1 00"));

        Packet disconnect = client.awaitClose().orElseThrow();
        assertThat(disconnect.type()).isEqualTo(PacketType.DISCONNECT);
        assertThat(disconnect.reasonCode()).isEqualTo(0x81);
        assertThat(disconnect.properties().string(Property.REASON_STRING)).isEmpty();
        assertThat(disconnect.properties().number(Property.SESSION_EXPIRY_INTERVAL))
                .isEmpty();
    }

    @Test
    @Clause({"MQTT-3.2.2-6", "MQTT-3.2.2-7", "MQTT-3.2.2-19"})
    void areRefusedInConnectWithoutASessionAndWithinTheClientsLimit() {
        Connect durable = newClient(Version.V5).durable();
        connect(0, durable).disconnect();

        RawClient again = open(0, Version.V5);
        Packet connack = again.connect(Connect.as(Version.V5, durable.clientId())
                .resuming()
                .with(Property.MAXIMUM_PACKET_SIZE, 12)
                .with(Property.AUTHENTICATION_METHOD, "unknown"));

        assertThat(connack.reasonCode()).isEqualTo(0x8c);
        assertThat(connack.sessionPresent()).isFalse();
        assertThat(connack.properties().string(Property.REASON_STRING)).isEmpty();
        again.awaitClose();
    }
}
