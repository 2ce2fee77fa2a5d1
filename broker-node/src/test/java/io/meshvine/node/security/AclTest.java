package io.meshvine.node.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meshvine.node.front.Client;
import io.meshvine.node.front.Permissions;
import io.meshvine.node.front.Principal;
import io.meshvine.node.front.Principal.TopicGrant;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules of an access control list, in Mosquitto's syntax and beyond. */
class AclTest {

    private static final InetSocketAddress ANYWHERE = new InetSocketAddress(1);

    @TempDir
    Path folder;

    private AclAuthorizer authorizer;

    private Permissions of(@Nullable String user, String clientId, String... lines) {
        return of(user == null ? Principal.ANONYMOUS : Principal.named(user, null), clientId, lines);
    }

    private Permissions of(Principal principal, String clientId, String... lines) {
        try {
            Path file = Files.write(folder.resolve("acl"), List.of(lines));
            authorizer = new AclAuthorizer(file);
            return authorizer.permissions(new Client(clientId, principal, ANYWHERE));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void withoutAFileEverythingIsAllowed() throws Exception {
        Permissions all = new AclAuthorizer(null).permissions(new Client("c", Principal.ANONYMOUS, ANYWHERE));
        assertThat(all.mayPublish("a")).isTrue();
        assertThat(all.mayRead("$SYS/broker/uptime")).isTrue();
    }

    @Test
    void anEmptyFileAllowsNothing() {
        Permissions none = of("ann", "c", "# nothing");
        assertThat(none.mayPublish("a")).isFalse();
        assertThat(none.mayRead("a")).isFalse();
        assertThat(none.maySubscribe("#")).isFalse();
    }

    @Test
    void readsMosquittosExample() {
        String[] example = {
            "# This affects access control for clients with no username.",
            "topic read $SYS/#",
            "",
            "# This only affects clients with username \"roger\".",
            "user roger",
            "topic foo/bar",
            "",
            "# This affects all clients.",
            "pattern write $SYS/broker/connection/%c/state",
        };
        assertThat(of((String) null, "c", example).mayRead("$SYS/broker/uptime"))
                .isTrue();
        assertThat(of((String) null, "c", example).mayPublish("$SYS/x")).isFalse();
        assertThat(of((String) null, "c", example).mayRead("foo/bar")).isFalse();
        assertThat(of("roger", "c", example).mayRead("foo/bar")).isTrue();
        assertThat(of("roger", "c", example).mayPublish("foo/bar")).isTrue();
        assertThat(of("roger", "c", example).mayRead("$SYS/broker/uptime")).isFalse();
        assertThat(of("roger", "c", example).mayPublish("$SYS/broker/connection/c/state"))
                .isTrue();
        assertThat(of("roger", "c", example).mayPublish("$SYS/broker/connection/d/state"))
                .isFalse();
    }

    @Test
    void readAndWriteAreToldApart() {
        Permissions ann = of("ann", "c", "user ann", "topic read in/#", "topic write out/+", "topic readwrite both");
        assertThat(ann.mayRead("in/a/b")).isTrue();
        assertThat(ann.mayPublish("in/a/b")).isFalse();
        assertThat(ann.mayPublish("out/a")).isTrue();
        assertThat(ann.mayPublish("out/a/b")).isFalse();
        assertThat(ann.mayRead("out/a")).isFalse();
        assertThat(ann.mayRead("both")).isTrue();
        assertThat(ann.mayPublish("both")).isTrue();
        assertThat(ann.maySubscribe("out/a")).isFalse();
    }

    @Test
    void whatIsDeniedGoesFirst() {
        Permissions ann = of("ann", "c", "user ann", "topic readwrite plant/#", "topic deny plant/safe/#");
        assertThat(ann.mayRead("plant/oven")).isTrue();
        assertThat(ann.mayRead("plant/safe/key")).isFalse();
        assertThat(ann.mayPublish("plant/safe")).isFalse();
        assertThat(ann.maySubscribe("plant/#")).isTrue(); // and gets what it may read
        assertThat(ann.maySubscribe("plant/safe/+")).isFalse();
    }

    @Test
    void topicsMayContainBlanks() {
        Permissions ann = of("ann b", "c", "user ann b", "topic read my topic/#", "topic other");
        assertThat(ann.mayRead("my topic/x")).isTrue();
        assertThat(ann.mayPublish("other")).isTrue();
    }

    @Test
    void groupsShareRules() {
        String[] rules = {
            "group operators",
            "member ann",
            "member bob",
            "topic read plant/#",
            "topic deny plant/keys",
            "group viewers",
            "topic read screen/#",
            "user bob",
            "topic read plant/keys",
        };
        assertThat(of("ann", "c", rules).mayRead("plant/1")).isTrue();
        assertThat(of("ann", "c", rules).mayRead("plant/keys")).isFalse();
        assertThat(of("bob", "c", rules).mayRead("plant/keys"))
                .as("own rules go before those of the group")
                .isTrue();
        assertThat(of("eve", "c", rules).mayRead("plant/1")).isFalse();
        Principal viewer = new Principal("eve", Set.of("viewers"), List.of(), Principal.FOREVER, null);
        assertThat(of(viewer, "c", rules).mayRead("screen/1"))
                .as("a group that a token names")
                .isTrue();
    }

    @Test
    void tokensGrantTopics() throws Exception {
        Principal granted = new Principal(
                "eve",
                Set.of(),
                List.of(new TopicGrant("up/%c", false, true), new TopicGrant("down/#", true, false)),
                Principal.FOREVER,
                null);
        for (Permissions eve : List.of(
                of(granted, "c9", "user ann", "topic #"),
                new AclAuthorizer(null).permissions(new Client("c9", granted, ANYWHERE)))) {
            assertThat(eve.mayPublish("up/c9")).isTrue();
            assertThat(eve.mayPublish("up/c8")).isFalse();
            assertThat(eve.mayRead("down/x")).isTrue();
            assertThat(eve.mayPublish("down/x")).isFalse();
            assertThat(eve.mayRead("elsewhere")).isFalse();
        }
        assertThat(of(granted, "c9", "user eve", "topic deny down/secret").mayRead("down/secret"))
                .isFalse();
    }

    /** Names that would mean something in a filter open nothing. */
    @ParameterizedTest
    @ValueSource(strings = {"+", "#", ".*", "a/b", "a/#", "/", "%u", "%c", "$SYS", "a+", "\u0000", ""})
    void idsDoNotWidenPatterns(String id) {
        String[] rules = {"pattern readwrite dev/%c/#", "pattern readwrite %u/in", "pattern read %c/#"};
        Permissions byClientId = of("thief", id, rules);
        for (Permissions thief : List.of(byClientId, of(id, "c", rules))) {
            for (String topic : List.of(
                    "dev/victim/x", "dev", "dev/a/b/x", "victim/in", "a/in", "$SYS/in", "$SYS/broker/x", "dev/%u/x")) {
                boolean own =
                        thief == byClientId && topic.equals("dev/" + id + "/x") && !id.isEmpty() && id.indexOf('/') < 0;
                assertThat(thief.mayRead(topic)).as("%s reads %s", id, topic).isEqualTo(own);
                assertThat(thief.mayPublish(topic))
                        .as("%s writes %s", id, topic)
                        .isEqualTo(own);
            }
            assertThat(thief.maySubscribe("victim/#")).isFalse();
        }
    }

    @Test
    void patternsOfUsersAreNotForAnonymousClients() {
        assertThat(of((String) null, "c", "pattern read u/%u").mayRead("u/null"))
                .isFalse();
    }

    @Test
    void whatWasReadAgainCountsAtOnce() throws IOException {
        Permissions ann = of("ann", "c", "user ann", "topic read a");
        assertThat(ann.mayRead("a")).isTrue();
        Files.write(folder.resolve("acl"), List.of("user ann", "topic read b"));
        assertThat(authorizer.files().readNow()).isTrue();
        assertThat(ann.mayRead("a")).isFalse();
        assertThat(ann.mayRead("b")).isTrue();

        Files.write(folder.resolve("acl"), List.of("user ann", "topic maybe c"));
        assertThat(authorizer.files().readNow()).as("garbled").isFalse();
        assertThat(ann.mayRead("b")).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "topic maybe a|line 2: maybe is no access",
                "topic read a/#/b|line 2: a/#/b is no topic filter",
                "topic read $share/g/a|line 2: $share/g/a is no topic filter",
                "topic|line 2: topic needs something behind it",
                "user|line 2: user needs something behind it",
                "member ann|line 2: member stands in no group",
                "allow a|line 2: begins with allow",
                "topic read dev/%c|line 2: %c and %u have a meaning in patterns only",
            })
    void saysInWhichLineAFileIsGarbled(String line, String problem) {
        assertThatThrownBy(() -> of("ann", "c", "# rules", line))
                .hasCauseInstanceOf(SecurityFileException.class)
                .cause()
                .hasMessageStartingWith(problem);
    }

    @ParameterizedTest
    @CsvSource({
        "a/b, a/b, true",
        "a/+, +/b, true",
        "a/#, a, true",
        "#, a/b/c, true",
        "+/+, a, false",
        "a/b, a/c, false",
        "a/+/c, a/b/#, true",
        "a/b/c, a/+, false",
        "#, $SYS/a, false",
        "+/a, $SYS/a, false",
        "$SYS/#, $SYS/+/b, true",
        "a//b, a/+/b, true",
        "a/b/#, a, false",
    })
    void findsFiltersThatHaveATopicInCommon(String one, String other, boolean common) {
        assertThat(Filters.intersect(one, other)).isEqualTo(common);
        assertThat(Filters.intersect(other, one)).isEqualTo(common);
    }
}
