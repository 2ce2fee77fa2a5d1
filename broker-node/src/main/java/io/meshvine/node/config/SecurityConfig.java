package io.meshvine.node.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Who may use the node, and for what.
 *
 * @param allowAnonymous whether clients without credentials are served where credentials are configured, and beyond this
 *     host; on this host they always are while none are configured
 * @param passwordFile users and hashes of their passwords, null for none
 * @param aclFile who may publish and subscribe what, null for everybody everything
 * @param jwt tokens in place of passwords, null for none
 * @param adminPasswordFile users of the admin port, null for everybody
 */
public record SecurityConfig(
        boolean allowAnonymous,
        @Nullable Path passwordFile,
        @Nullable Path aclFile,
        @Nullable JwtConfig jwt,
        @Nullable Path adminPasswordFile) {

    /**
     * JSON Web Tokens as passwords.
     *
     * @param jwksFile the keys that sign them, as a JSON Web Key Set (RFC 7517)
     * @param issuer what {@code iss} has to be, null for anything
     * @param audience what {@code aud} has to contain, null for anything
     * @param userClaim claim with the name of the user
     */
    public record JwtConfig(
            Path jwksFile,
            @Nullable String issuer,
            @Nullable String audience,
            String userClaim) {}

    /** Whether there is anything that clients prove who they are with, on any listener. */
    public boolean hasCredentials() {
        return passwordFile != null || jwt != null;
    }
}
