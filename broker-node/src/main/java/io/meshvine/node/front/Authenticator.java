package io.meshvine.node.front;

import java.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Port: decides who may connect. Called on the connection's loop; must not block it. */
@FunctionalInterface
public interface Authenticator {

    /** The answer, on any thread. A failed stage refuses. */
    CompletionStage<Decision> authenticate(Credentials credentials);

    /** Whether somebody who was accepted is still to be served, after users or keys were changed. Any thread. */
    default boolean isStillValid(Principal principal) {
        return true;
    }

    /** Accepts everybody, whatever is presented; a name that nobody checked is nobody's. */
    static Authenticator allowAll() {
        CompletionStage<Decision> accepted = CompletableFuture.completedStage(Decision.accepted(Principal.ANONYMOUS));
        return credentials -> accepted;
    }

    /** Refuses everybody: nothing to check credentials against is configured. */
    static Authenticator refuseAll() {
        CompletionStage<Decision> anonymous =
                CompletableFuture.completedStage(Decision.refused(Verdict.NOT_AUTHORIZED));
        CompletionStage<Decision> unknown = CompletableFuture.completedStage(Decision.refused(Verdict.BAD_CREDENTIALS));
        return credentials -> credentials.username() == null ? anonymous : unknown;
    }

    /**
     * What a client presents. The password is not to be kept.
     *
     * @param certificate what it showed in the TLS handshake, found valid there; null for none
     */
    record Credentials(
            String clientId,
            @Nullable String username,
            byte @Nullable [] password,
            SocketAddress address,
            @Nullable X509Certificate certificate) {

        @Override
        public String toString() {
            return "Credentials[clientId=" + clientId + ", username=" + username + ", password=***]";
        }
    }

    /**
     * The answer to an attempt to connect.
     *
     * @param principal who it is; null unless accepted
     */
    record Decision(Verdict verdict, @Nullable Principal principal) {

        public static Decision accepted(Principal principal) {
            return new Decision(Verdict.ACCEPTED, principal);
        }

        public static Decision refused(Verdict verdict) {
            return new Decision(verdict, null);
        }
    }

    /** Whether the client may connect. */
    enum Verdict {
        /** It may. */
        ACCEPTED,
        /** User name or password is wrong: 0x86, return code 4. */
        BAD_CREDENTIALS,
        /** It is known and has no right to connect, or presented nothing: 0x87, return code 5. */
        NOT_AUTHORIZED,
        /** There are more to be checked than can be: 0x89, return code 3. */
        BUSY,
        /** It failed too often and has to wait: 0x9F, return code 3. */
        TOO_MANY_FAILURES
    }
}
