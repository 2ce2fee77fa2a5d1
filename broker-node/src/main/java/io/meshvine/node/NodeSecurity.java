package io.meshvine.node;

import io.meshvine.node.admin.AdminAccess;
import io.meshvine.node.config.ConfigException;
import io.meshvine.node.config.ConfigProblem;
import io.meshvine.node.config.LoadedConfig;
import io.meshvine.node.config.LoadedConfig.Effective;
import io.meshvine.node.front.FrontSecurity;
import io.meshvine.node.metrics.NodeMetrics;
import io.meshvine.node.routing.WillPermit;
import io.meshvine.node.routing.Wills;
import io.meshvine.node.security.AdminLogins;
import io.meshvine.node.security.ClientSecurity;
import io.meshvine.node.security.SecurityFileException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who may use the node, as configured; reads the files behind it again when they change, on a thread of its own.
 */
final class NodeSecurity implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(NodeSecurity.class);

    /** A change is in force after two of these, for files that are being written are left alone. */
    private static final Duration LOOK = Duration.ofSeconds(2);

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread created = new Thread(task, "meshvine-security");
        created.setDaemon(true);
        return created;
    });
    private final ClientSecurity clients;
    private boolean lookedAgain = true;

    private NodeSecurity(ClientSecurity clients) {
        this.clients = clients;
    }

    /**
     * Reads all files.
     *
     * @throws ConfigException if one of them cannot be used
     */
    static NodeSecurity open(LoadedConfig loaded, LongSupplier nanoTime) {
        try {
            return new NodeSecurity(ClientSecurity.open(
                    loaded.config().security(), loaded.config().mqtt(), nanoTime));
        } catch (SecurityFileException unusable) {
            String origin = loaded.settings().stream()
                    .filter(setting -> setting.key().equals(unusable.setting()))
                    .map(Effective::source)
                    .findFirst()
                    .orElse("default");
            throw new ConfigException(List.of(new ConfigProblem(
                    unusable.setting(),
                    origin,
                    unusable.file().toString(),
                    String.valueOf(unusable.getMessage()),
                    "mend the file, or name another one")));
        }
    }

    FrontSecurity front() {
        return clients.front();
    }

    /** Who may use the admin endpoint; null if everybody may. */
    @Nullable
    AdminAccess admin() {
        AdminLogins logins = clients.admin();
        return logins == null ? null : logins::mayEnter;
    }

    /** Whether a client of a node that is gone may publish its will. */
    WillPermit wills() {
        return clients::mayPublishWill;
    }

    /** @param wills those of this node's clients */
    void bindTo(NodeMetrics metrics, Wills wills) {
        metrics.counter("security.logins.failed", "logins with wrong credentials", clients::failedLogins);
        metrics.counter(
                "security.logins.refused",
                "logins refused unseen, after too many failures of their address",
                clients::refusedLogins);
        metrics.counter("wills.forbidden", "wills whose clients may not publish them any more", wills::forbidden);
    }

    /**
     * Looks after the files from now on.
     *
     * @param changed run, on the thread of the security, when other rules or users are in force
     */
    void start(Runnable changed) {
        var unused = thread.scheduleWithFixedDelay(
                () -> look(changed), LOOK.toMillis(), LOOK.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** After a change a second time: who was being checked while it came is looked at then. */
    private void look(Runnable changed) {
        try {
            boolean now = clients.readChanged();
            if (now || !lookedAgain) {
                lookedAgain = !now;
                changed.run();
            }
        } catch (RuntimeException e) {
            LOG.error("failed to look after the security files; trying again", e);
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
        clients.close();
    }
}
