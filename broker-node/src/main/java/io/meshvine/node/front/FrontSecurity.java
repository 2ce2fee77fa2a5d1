package io.meshvine.node.front;

import org.jspecify.annotations.Nullable;

/**
 * Who gets in and what they may do.
 *
 * @param authenticator decides who may connect, or null where none is configured: then everybody may, or nobody, by {@link
 *     FrontOptions#allowAnonymous}
 * @param authorizer decides who may publish and read what
 * @param tls for the listeners with TLS, or null where there are none
 */
public record FrontSecurity(
        @Nullable Authenticator authenticator,
        Authorizer authorizer,
        @Nullable TlsHandlers tls) {

    /** Everybody may do everything, without TLS. */
    public static FrontSecurity open() {
        return new FrontSecurity(null, Authorizer.allowAll(), null);
    }
}
