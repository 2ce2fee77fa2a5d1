package io.meshvine.node.security;

import io.meshvine.node.config.TlsConfig.Identity;
import io.meshvine.node.front.Authenticator;
import io.meshvine.node.front.Principal;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds out who a client is, by what is configured: its certificate, else a token, else user name and password, else it
 * is anonymous, if that is allowed. Any thread; passwords and tokens are checked on few threads of its own, and more than
 * those can do is refused as busy.
 */
public final class ClientAuthenticator implements Authenticator, AutoCloseable {

    /** A check of a password takes its share of a processor for tens of milliseconds, and of the memory. */
    private static final int MAX_THREADS = 2;

    private static final int MAX_WAITING = 1_024;
    private static final long IDLE_SECONDS = 30;
    private static final byte[] NONE = {};

    private final @Nullable PasswordCheck passwords;
    private final @Nullable TokenCheck tokens;
    private final Identity identity;
    private final boolean allowAnonymous;
    private final FailedLogins failedLogins;
    private final ThreadPoolExecutor checkers;

    ClientAuthenticator(
            @Nullable PasswordCheck passwords,
            @Nullable TokenCheck tokens,
            Identity identity,
            boolean allowAnonymous,
            LongSupplier nanoTime) {
        this.passwords = passwords;
        this.tokens = tokens;
        this.identity = identity;
        this.allowAnonymous = allowAnonymous;
        this.failedLogins = new FailedLogins(nanoTime);
        AtomicInteger number = new AtomicInteger();
        int threads = Math.min(MAX_THREADS, Runtime.getRuntime().availableProcessors());
        this.checkers = new ThreadPoolExecutor(
                threads, threads, IDLE_SECONDS, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MAX_WAITING), task -> {
                    Thread thread = new Thread(task, "meshvine-login-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        checkers.allowCoreThreadTimeOut(true);
    }

    @Override
    public CompletionStage<Decision> authenticate(Credentials credentials) {
        Principal byCertificate = byCertificate(credentials.certificate());
        if (byCertificate != null) {
            return now(Decision.accepted(byCertificate));
        }
        byte[] password = credentials.password();
        if (tokens != null && password != null && TokenCheck.looksLikeToken(password)) {
            TokenCheck check = tokens;
            return later(credentials, () -> check.check(password));
        }
        String name = credentials.username();
        if (name == null) {
            return now(
                    allowAnonymous ? Decision.accepted(Principal.ANONYMOUS) : Decision.refused(Verdict.NOT_AUTHORIZED));
        }
        if (passwords == null) {
            return now(Decision.refused(Verdict.BAD_CREDENTIALS));
        }
        PasswordCheck check = passwords;
        byte[] given = password == null ? NONE : password;
        PasswordHash known = check.known(name, given);
        if (known != null) {
            return now(Decision.accepted(Principal.named(name, known)));
        }
        return later(credentials, () -> {
            PasswordHash hash = check.check(name, given);
            return hash == null ? null : Principal.named(name, hash);
        });
    }

    private @Nullable Principal byCertificate(@Nullable X509Certificate certificate) {
        String name = certificate == null ? null : CertificateNames.name(certificate, identity);
        return certificate == null || name == null
                ? null
                : new Principal(
                        name,
                        Set.of(),
                        List.of(),
                        certificate.getNotAfter().toInstant().toEpochMilli(),
                        certificate);
    }

    /** Finds somebody, or nobody. */
    @FunctionalInterface
    private interface Check {
        @Nullable
        Principal run();
    }

    private CompletionStage<Decision> later(Credentials credentials, Check check) {
        if (!failedLogins.mayTry(credentials.address())) {
            return now(Decision.refused(Verdict.TOO_MANY_FAILURES));
        }
        try {
            return CompletableFuture.supplyAsync(
                    () -> {
                        Principal found = check.run();
                        if (found != null) {
                            return Decision.accepted(found);
                        }
                        failedLogins.failed(credentials.address());
                        return Decision.refused(Verdict.BAD_CREDENTIALS);
                    },
                    checkers);
        } catch (RejectedExecutionException full) {
            return now(Decision.refused(Verdict.BUSY));
        }
    }

    private static CompletionStage<Decision> now(Decision decision) {
        return CompletableFuture.completedStage(decision);
    }

    @Override
    public boolean isStillValid(Principal principal) {
        Object proof = principal.proof();
        if (principal.name() == null) {
            return allowAnonymous;
        }
        if (proof instanceof PasswordHash hash) {
            return passwords != null && passwords.isCurrent(principal.name(), hash);
        }
        return proof == null || tokens == null || tokens.isCurrent(proof);
    }

    /** Whether somebody with that name could be accepted now, as far as that is known without a proof. */
    boolean mayExist(String name) {
        boolean namedElsewhere = tokens != null || identity != Identity.NONE;
        return namedElsewhere || (passwords != null && passwords.knows(name));
    }

    /** Whether rules alone say what a client may do: tokens may say more. */
    boolean grantsNothing() {
        return tokens == null;
    }

    /** Failed logins since the start. */
    public long failures() {
        return failedLogins.failures();
    }

    /** Logins that were refused without looking at them, because their addresses had failed too often. */
    public long refused() {
        return failedLogins.refused();
    }

    @Override
    public void close() {
        checkers.shutdownNow();
    }
}
