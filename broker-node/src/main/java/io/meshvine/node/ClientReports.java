package io.meshvine.node;

import io.meshvine.mesh.client.ClientName;
import io.meshvine.mesh.client.ClientPart;
import io.meshvine.mesh.client.ClientQuery;
import io.meshvine.mesh.client.ClientReport;
import io.meshvine.mesh.client.ClientSource;
import io.meshvine.node.front.Principal;
import io.meshvine.node.session.ClientSession;
import io.meshvine.node.session.ConnectionFacts;
import io.meshvine.node.session.SessionStats;
import io.meshvine.node.session.Sessions;
import io.meshvine.node.session.Subscription;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The clients of this node, for operators. Goes through all sessions for each question, on a thread of its own that ends
 * when nothing is asked: neither the mesh nor clients wait for it. Any thread.
 */
final class ClientReports implements ClientSource, AutoCloseable {

    /** Questions that wait; more are refused. */
    private static final int MAX_WAITING = 16;

    private static final long IDLE_SECONDS = 10;

    /** An answer has more than that only if its first client has. */
    private static final int MAX_ANSWER_BYTES = 256 * 1024;

    private static final int MAX_FILTER_BYTES = 32 * 1024;
    private static final int REPORT_BYTES = 128;

    private final Sessions sessions;
    private final ThreadPoolExecutor thread = new ThreadPoolExecutor(
            1, 1, IDLE_SECONDS, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MAX_WAITING), task -> {
                Thread made = new Thread(task, "meshvine-clients");
                made.setDaemon(true);
                return made;
            });

    ClientReports(Sessions sessions) {
        this.sessions = sessions;
        thread.allowCoreThreadTimeOut(true);
    }

    @Override
    public void find(ClientQuery query, Consumer<ClientPart> answer) {
        thread.execute(() -> answer.accept(find(query)));
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }

    private ClientPart find(ClientQuery query) {
        PriorityQueue<Found> first = new PriorityQueue<>(Comparator.reverseOrder());
        boolean[] more = {false};
        sessions.forEach(session -> {
            ClientName name = name(session.clientId());
            if (query.matches(name, session.isConnected())) {
                first.add(new Found(name, session));
                if (first.size() > query.limit()) {
                    first.remove();
                    more[0] = true;
                }
            }
        });
        List<Found> ordered = new ArrayList<>(first);
        ordered.sort(Comparator.naturalOrder());
        List<ClientReport> reports = new ArrayList<>(ordered.size());
        long bytes = 0;
        for (Found each : ordered) {
            bytes += REPORT_BYTES
                    + each.name.clientId().length()
                    + each.name.user().length();
            if (bytes > MAX_ANSWER_BYTES && !reports.isEmpty()) {
                return new ClientPart(reports, true);
            }
            reports.add(report(each, query.match() == ClientQuery.Match.EXACT));
        }
        return new ClientPart(reports, more[0]);
    }

    private record Found(ClientName name, ClientSession session) implements Comparable<Found> {
        @Override
        public int compareTo(Found other) {
            return name.compareTo(other.name);
        }
    }

    private static ClientName name(String key) {
        String user = Principal.ofKey(key).name();
        return new ClientName(Principal.clientIdOfKey(key), Objects.requireNonNullElse(user, ""));
    }

    private static ClientReport report(Found found, boolean withFilters) {
        ClientSession session = found.session;
        SessionStats stats = session.stats();
        return new ClientReport(
                found.name,
                session.isDurable(),
                connection(session.connection()),
                session.expirySeconds(),
                session.fence(),
                stats.queued(),
                stats.queuedBytes(),
                stats.inFlight(),
                stats.subscriptions(),
                withFilters ? filters(session) : List.of());
    }

    private static ClientReport.@Nullable Connection connection(@Nullable ConnectionFacts facts) {
        return facts == null
                ? null
                : new ClientReport.Connection(
                        facts.version(),
                        facts.address(),
                        facts.listener(),
                        facts.keepAliveSeconds(),
                        facts.sinceMillis());
    }

    private static List<ClientReport.Filter> filters(ClientSession session) {
        List<ClientReport.Filter> filters = new ArrayList<>();
        int bytes = 0;
        for (Subscription each : new TreeMap<>(session.subscriptions()).values()) {
            bytes += each.filter().length() + 1;
            if (bytes > MAX_FILTER_BYTES && !filters.isEmpty()) {
                break;
            }
            filters.add(new ClientReport.Filter(each.filter(), each.qos()));
        }
        return filters;
    }
}
