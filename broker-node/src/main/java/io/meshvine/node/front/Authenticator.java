package io.meshvine.node.front;

import java.net.SocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Port: decides who may connect. Called on the connection's loop; must not block it. */
@FunctionalInterface
public interface Authenticator {

    /** The answer, on any thread. A failed stage refuses. */
    CompletionStage<Verdict> authenticate(Credentials credentials);

    /** Accepts everybody, whatever is presented. */
    static Authenticator allowAll() {
        CompletionStage<Verdict> accepted = CompletableFuture.completedStage(Verdict.ACCEPTED);
        return credentials -> accepted;
    }

    /** Refuses everybody: nothing to check credentials against is configured. */
    static Authenticator refuseAll() {
        CompletionStage<Verdict> anonymous = CompletableFuture.completedStage(Verdict.NOT_AUTHORIZED);
        CompletionStage<Verdict> unknown = CompletableFuture.completedStage(Verdict.BAD_CREDENTIALS);
        return credentials -> credentials.username() == null ? anonymous : unknown;
    }

    /** What a client presents. The password is not to be kept. */
    record Credentials(String clientId, @Nullable String username, byte @Nullable [] password, SocketAddress address) {

        @Override
        public String toString() {
            return "Credentials[clientId=" + clientId + ", username=" + username + ", password=***]";
        }
    }

    /** Whether the client may connect. */
    enum Verdict {
        /** It may. */
        ACCEPTED,
        /** User name or password is wrong: 0x86, return code 4. */
        BAD_CREDENTIALS,
        /** It is known and has no right to connect, or presented nothing: 0x87, return code 5. */
        NOT_AUTHORIZED
    }
}
