package io.meshvine.node.config;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How TLS is spoken on {@code mqtt.tls} and {@code mqtt.wss}.
 *
 * @param certificate PEM file with the server's certificate and its chain, own one first
 * @param key PEM file with the private key of that certificate
 * @param ca PEM file with the authorities that clients' certificates may come from, null for none
 * @param clientAuth whether clients show a certificate
 * @param versions protocol versions, as {@code TLSv1.3}
 * @param ciphers cipher suites, empty for the defaults of the implementation
 * @param identity what of a client's certificate is its user name
 */
public record TlsConfig(
        Path certificate,
        Path key,
        @Nullable Path ca,
        ClientAuth clientAuth,
        List<String> versions,
        List<String> ciphers,
        Identity identity) {

    /** Whether clients show a certificate. */
    public enum ClientAuth {
        /** They are not asked. */
        NONE,
        /** They may; one that is shown has to be valid. */
        OPTIONAL,
        /** Without a valid one the handshake fails. */
        REQUIRED
    }

    /** What of a client's certificate is its user name. */
    public enum Identity {
        /** Nothing: the client names itself in CONNECT. */
        NONE,
        /** The common name of the subject. */
        CN,
        /** The first subject alternative name: of the DNS names, else of the mail addresses, else of the URIs. */
        SAN
    }

    /** Whether a valid certificate is all that a client needs. */
    public boolean identifiesClients() {
        return clientAuth != ClientAuth.NONE && identity != Identity.NONE;
    }
}
