package io.meshvine.node.security;

import io.meshvine.node.config.MqttConfig;
import io.meshvine.node.config.SecurityConfig;
import io.meshvine.node.config.SecurityConfig.JwtConfig;
import io.meshvine.node.config.TlsConfig;
import io.meshvine.node.front.Client;
import io.meshvine.node.front.FrontSecurity;
import io.meshvine.node.front.Principal;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Everything that decides about clients and users of the admin endpoint, made of the configuration. {@link #readChanged} on one thread, the rest on any. */
public final class ClientSecurity implements AutoCloseable {

    private static final InetSocketAddress ELSEWHERE = new InetSocketAddress(0);

    private final @Nullable ServerTls tls;
    private final @Nullable ClientAuthenticator authenticator;
    private final AclAuthorizer authorizer;
    private final @Nullable AdminLogins admin;
    private final List<WatchedFiles> watched;

    private ClientSecurity(
            @Nullable ServerTls tls,
            @Nullable ClientAuthenticator authenticator,
            AclAuthorizer authorizer,
            @Nullable AdminLogins admin,
            List<WatchedFiles> watched) {
        this.tls = tls;
        this.authenticator = authenticator;
        this.authorizer = authorizer;
        this.admin = admin;
        this.watched = List.copyOf(watched);
    }

    /**
     * Reads all files.
     *
     * @param nanoTime monotonic time
     * @throws SecurityFileException if one of them cannot be used
     */
    public static ClientSecurity open(SecurityConfig security, MqttConfig mqtt, LongSupplier nanoTime)
            throws SecurityFileException {
        List<WatchedFiles> watched = new ArrayList<>();
        TlsConfig tlsConfig = mqtt.tlsConfig();
        ServerTls tls = tlsConfig == null ? null : new ServerTls(tlsConfig, mqtt.connectTimeout());
        Path passwordFile = security.passwordFile();
        PasswordCheck passwords =
                passwordFile == null ? null : new PasswordCheck("security.password-file", passwordFile);
        JwtConfig jwt = security.jwt();
        TokenCheck tokens = jwt == null ? null : new TokenCheck(jwt);
        AclAuthorizer authorizer = new AclAuthorizer(security.aclFile());
        Path adminFile = security.adminPasswordFile();
        AdminLogins admin = adminFile == null ? null : new AdminLogins(adminFile, nanoTime);
        Stream.of(
                        tls == null ? null : tls.files(),
                        passwords == null ? null : passwords.files(),
                        tokens == null ? null : tokens.files(),
                        authorizer.files(),
                        admin == null ? null : admin.files())
                .flatMap(Stream::ofNullable)
                .forEach(watched::add);
        boolean identified = tlsConfig != null && tlsConfig.identifiesClients();
        ClientAuthenticator authenticator = passwords == null && tokens == null && !identified
                ? null
                : new ClientAuthenticator(
                        passwords,
                        tokens,
                        tlsConfig == null ? TlsConfig.Identity.NONE : tlsConfig.identity(),
                        security.allowAnonymous(),
                        nanoTime);
        return new ClientSecurity(tls, authenticator, authorizer, admin, watched);
    }

    /** What the front asks. */
    public FrontSecurity front() {
        return new FrontSecurity(authenticator, authorizer, tls);
    }

    /** Who may use the admin endpoint; null if everybody may. */
    public @Nullable AdminLogins admin() {
        return admin;
    }

    /**
     * Whether a client that was connected elsewhere may publish its will now. Where tokens are in use, what they granted is
     * not known here, and the check at CONNECT has to do.
     *
     * @param key the client, see {@link Principal#key}
     */
    public boolean mayPublishWill(String key, String topic) {
        Principal principal = Principal.ofKey(key);
        String name = principal.name();
        if (authenticator != null && name != null && !authenticator.mayExist(name)) {
            return false;
        }
        if (authenticator != null && !authenticator.grantsNothing()) {
            return true;
        }
        Client client = new Client(Principal.clientIdOfKey(key), principal, ELSEWHERE);
        return authorizer.permissions(client).mayPublish(topic);
    }

    /** Reads again what changed; returns whether anything new is in force. */
    public boolean readChanged() {
        boolean changed = false;
        for (WatchedFiles files : watched) {
            changed |= files.check();
        }
        return changed;
    }

    /** Logins that failed, since the start. */
    public long failedLogins() {
        return authenticator == null ? 0 : authenticator.failures();
    }

    /** Logins that were refused unseen, since the start. */
    public long refusedLogins() {
        return authenticator == null ? 0 : authenticator.refused();
    }

    @Override
    public void close() {
        if (authenticator != null) {
            authenticator.close();
        }
    }
}
