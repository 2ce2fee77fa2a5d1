package io.meshvine.node.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.meshvine.mesh.MeshDiagnosis;
import io.meshvine.mesh.MeshStatus;
import io.meshvine.mesh.retained.DivergenceLog;
import io.meshvine.node.config.ListenException;
import io.meshvine.node.config.Listener;
import io.meshvine.node.config.LoadedConfig.Effective;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The admin endpoint: asks for credentials where there are any; without, it is on loopback unless the operator says otherwise. Runs on
 * a few daemon threads of its own; a request never touches a thread that carries MQTT traffic.
 */
public final class AdminServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(AdminServer.class);

    /** Acceptor, selector and the threads that serve; Jetty takes about half for itself. */
    private static final int MAX_THREADS = 8;

    private static final int MIN_THREADS = 2;
    private static final long MESH_ANSWER_SECONDS = 2;
    private static final int DEFAULT_PROBE_MILLIS = 3_000;
    private static final int MAX_PROBE_MILLIS = 10_000;
    private static final int OK = 200;
    private static final int FAILED = 500;
    private static final int UNAVAILABLE = 503;
    private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";

    private final Listener listener;
    private final AdminGate gate;
    private final AdminSources sources;
    private final ObjectMapper json = new ObjectMapper();
    private final MeshView meshView = new MeshView(json);
    private final DiagnosisView diagnosisView = new DiagnosisView(json);
    private final ClientRoutes clientRoutes;
    private @Nullable Javalin http;
    private @Nullable ServerConnector connector;

    /** @param access who may ask; null for everybody who reaches the listener */
    public AdminServer(Listener listener, AdminSources sources, @Nullable AdminAccess access) {
        this.listener = listener;
        this.gate = new AdminGate(access);
        this.sources = sources;
        this.clientRoutes = new ClientRoutes(sources, json);
    }

    /**
     * Starts to serve. Called once.
     *
     * @throws ListenException if the address cannot be bound
     */
    public void start() throws ListenException {
        Javalin starting = Javalin.create(this::configure);
        try {
            starting.start();
        } catch (RuntimeException e) {
            starting.stop();
            throw new ListenException("admin", listener, e);
        }
        http = starting;
    }

    /** The port it listens on, or -1 while it does not. */
    public int port() {
        ServerConnector current = connector;
        return current == null ? -1 : current.getLocalPort();
    }

    /** Stops to serve. Idempotent. */
    @Override
    public void close() {
        Javalin current = http;
        if (current != null) {
            current.stop();
        }
    }

    private void configure(JavalinConfig config) {
        config.startup.showJavalinBanner = false;
        config.startup.showOldJavalinVersionWarning = false;
        config.startup.startupWatcherEnabled = false;
        config.http.prefer405over404 = true;
        QueuedThreadPool threads = new QueuedThreadPool(MAX_THREADS, MIN_THREADS);
        threads.setName("meshvine-admin");
        threads.setDaemon(true);
        threads.setReservedThreads(0);
        config.jetty.threadPool = threads;
        // Gracefully means until every idle keep-alive connection is closed; there is nothing here worth that wait.
        config.jetty.modifyServer(server -> server.setStopTimeout(0));
        config.jetty.addConnector(this::connector);
        config.routes.before(gate);
        config.routes.get(
                "/health/live", context -> health(context, sources.health().live()));
        config.routes.get(
                "/health/ready", context -> health(context, sources.health().ready()));
        config.routes.get(
                "/metrics",
                context -> context.contentType(PROMETHEUS_TEXT)
                        .result(sources.metrics().get()));
        config.routes.get("/api/v1/mesh", this::mesh);
        config.routes.post("/api/v1/mesh/probe", this::probe);
        config.routes.get("/api/v1/mesh/divergence", this::divergence);
        config.routes.get("/api/v1/clients", context -> clients(context, clientRoutes::many));
        config.routes.get("/api/v1/clients/{id}", context -> clients(context, clientRoutes::one));
        config.routes.get("/api/v1/config", this::configuration);
        config.routes.exception(HttpResponseException.class, this::refused);
        config.routes.exception(Exception.class, this::failed);
    }

    private ServerConnector connector(Server server, HttpConfiguration http) {
        http.setSendServerVersion(false);
        http.setSendXPoweredBy(false);
        Scheduler timer = new ScheduledExecutorScheduler("meshvine-admin-timer", true);
        ServerConnector only = new ServerConnector(server, null, timer, null, 1, 1, new HttpConnectionFactory(http));
        only.setHost(listener.host());
        only.setPort(listener.port());
        only.setReuseAddress(true);
        connector = only;
        return only;
    }

    private void health(Context context, Health.Report report) {
        ObjectNode body = json.createObjectNode();
        body.put("status", report.fine() ? "ok" : "unavailable");
        body.set("checks", json.valueToTree(report.checks()));
        respond(context, report.fine() ? OK : UNAVAILABLE, body);
    }

    private void mesh(Context context) throws InterruptedException {
        try {
            MeshStatus status = sources.mesh().get().get(MESH_ANSWER_SECONDS, TimeUnit.SECONDS);
            respond(
                    context,
                    OK,
                    meshView.of(sources.version(), status, sources.counters().get()));
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("no status of the mesh", e);
            respond(context, UNAVAILABLE, error(UNAVAILABLE, "the mesh does not answer"));
        }
    }

    private void probe(Context context) throws InterruptedException {
        int timeoutMillis = context.queryParamAsClass("timeoutMillis", Integer.class)
                .check(millis -> millis > 0 && millis <= MAX_PROBE_MILLIS, "1 to " + MAX_PROBE_MILLIS + " expected")
                .getOrDefault(DEFAULT_PROBE_MILLIS);
        Duration timeout = Duration.ofMillis(timeoutMillis);
        try {
            MeshDiagnosis diagnosis = sources.diagnosis()
                    .apply(timeout)
                    .get(2L * timeoutMillis + TimeUnit.SECONDS.toMillis(MESH_ANSWER_SECONDS), TimeUnit.MILLISECONDS);
            MeshStatus status = sources.mesh().get().get(MESH_ANSWER_SECONDS, TimeUnit.SECONDS);
            respond(context, OK, diagnosisView.of(status, diagnosis));
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("no diagnosis of the mesh", e);
            respond(context, UNAVAILABLE, error(UNAVAILABLE, "the mesh does not answer"));
        }
    }

    private void divergence(Context context) throws InterruptedException {
        try {
            List<DivergenceLog.Report> reports = sources.divergence().get().get(MESH_ANSWER_SECONDS, TimeUnit.SECONDS);
            respond(context, OK, DivergenceView.of(json, reports));
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("no report of the mesh", e);
            respond(context, UNAVAILABLE, error(UNAVAILABLE, "the mesh does not answer"));
        }
    }

    /** Asks for clients. */
    @FunctionalInterface
    private interface ClientRoute {
        ObjectNode answer(Context context) throws InterruptedException, ExecutionException, TimeoutException;
    }

    private void clients(Context context, ClientRoute route) throws InterruptedException {
        try {
            respond(context, OK, route.answer(context));
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("nothing about clients", e);
            respond(context, UNAVAILABLE, error(UNAVAILABLE, "the mesh does not answer"));
        }
    }

    private void configuration(Context context) {
        ObjectNode body = json.createObjectNode();
        for (Effective setting : sources.config()) {
            body.putObject(setting.key()).put("value", setting.value()).put("source", setting.source());
        }
        respond(context, OK, body);
    }

    private void refused(HttpResponseException refusal, Context context) {
        String message = Objects.requireNonNullElse(refusal.getMessage(), "refused");
        respond(context, refusal.getStatus(), error(refusal.getStatus(), message));
    }

    private void failed(Exception failure, Context context) {
        LOG.warn("{} {} failed", context.method(), context.path(), failure);
        respond(context, FAILED, error(FAILED, "internal error, see the node's log"));
    }

    private ObjectNode error(int status, String message) {
        return json.createObjectNode().put("status", status).put("error", message);
    }

    private void respond(Context context, int status, JsonNode body) {
        context.status(status).contentType("application/json").result(body.toPrettyString() + "\n");
    }
}
