package io.meshvine.node.security;

import io.meshvine.node.config.TlsConfig;
import io.meshvine.node.front.TlsHandlers;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's side of TLS, from PEM files that are read again when they change: connections that are open keep what they
 * began with. BoringSSL where there is one, else the JDK's. Any thread.
 */
public final class ServerTls implements TlsHandlers {

    private static final Logger LOG = LoggerFactory.getLogger(ServerTls.class);
    private static final String CERTIFICATE = "mqtt.tls.certificate";
    private static final String KEY = "mqtt.tls.key";
    private static final String CA = "mqtt.tls.ca";

    private final TlsConfig config;
    private final Duration handshakeTimeout;
    private final SslProvider provider;
    private final WatchedFiles files;
    private volatile @Nullable SslContext context;

    /**
     * Reads the files.
     *
     * @param handshakeTimeout how long a client may take
     * @throws SecurityFileException if they cannot be used
     */
    public ServerTls(TlsConfig config, Duration handshakeTimeout) throws SecurityFileException {
        this.config = config;
        this.handshakeTimeout = handshakeTimeout;
        this.provider = OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK;
        List<Path> watched = new ArrayList<>(List.of(config.certificate(), config.key()));
        if (config.ca() != null) {
            watched.add(config.ca());
        }
        this.files = WatchedFiles.read(watched, () -> context = build());
        LOG.info("TLS by {}", provider == SslProvider.OPENSSL ? OpenSsl.versionString() : "the JDK");
    }

    /** The files, to be looked at from time to time. */
    public WatchedFiles files() {
        return files;
    }

    @Override
    public SslHandler newHandler(ByteBufAllocator allocator) {
        SslContext current = context;
        if (current == null) {
            throw new IllegalStateException("not read yet");
        }
        SslHandler handler = current.newHandler(allocator);
        handler.setHandshakeTimeoutMillis(handshakeTimeout.toMillis());
        return handler;
    }

    private SslContext build() throws SecurityFileException {
        X509Certificate[] chain = PemFiles.certificates(CERTIFICATE, config.certificate());
        PrivateKey key = PemFiles.privateKey(KEY, config.key());
        if (!PemFiles.belongTogether(key, chain[0])) {
            throw new SecurityFileException(KEY, config.key(), "is not the key of the certificate");
        }
        SslContextBuilder builder = SslContextBuilder.forServer(key, chain)
                .sslProvider(provider)
                .protocols(config.versions())
                .clientAuth(
                        switch (config.clientAuth()) {
                            case NONE -> ClientAuth.NONE;
                            case OPTIONAL -> ClientAuth.OPTIONAL;
                            case REQUIRED -> ClientAuth.REQUIRE;
                        });
        Path ca = config.ca();
        if (ca != null) {
            builder.trustManager(PemFiles.certificates(CA, ca));
        }
        if (!config.ciphers().isEmpty()) {
            builder.ciphers(config.ciphers());
        }
        try {
            return builder.build();
        } catch (SSLException | IllegalArgumentException e) {
            throw new SecurityFileException(CERTIFICATE, config.certificate(), "cannot be served: " + e.getMessage());
        }
    }
}
