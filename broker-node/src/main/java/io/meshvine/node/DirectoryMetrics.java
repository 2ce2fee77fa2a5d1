package io.meshvine.node;

import io.meshvine.mesh.session.ClientDirectory.Statistics;
import io.meshvine.node.metrics.NodeMetrics;
import java.util.function.Supplier;

/** Where clients are at home, as metrics. */
final class DirectoryMetrics {

    private DirectoryMetrics() {}

    static void bind(NodeMetrics metrics, Supplier<Statistics> clients) {
        metrics.gauge(
                "clients.homes",
                "clients at home at this node",
                () -> clients.get().homes());
        metrics.gauge(
                "clients.registered",
                "client ids kept here as a registrar",
                () -> clients.get().registered());
        metrics.gauge(
                "clients.residues",
                "sessions that went to other nodes, and for which absent nodes may still send something here",
                () -> clients.get().residues());
        metrics.gauge(
                "clients.sessions.coming",
                "sessions on their way here",
                () -> clients.get().coming());
        metrics.gauge(
                "clients.sessions.waiting",
                "sessions that wait until some of those on their way are here",
                () -> clients.get().waiting());
        metrics.gauge(
                "clients.sessions.staged.bytes",
                "what came of sessions on their way here",
                () -> clients.get().stagedBytes());
        metrics.gauge(
                "clients.clean.starts",
                "clients whose sessions began anew while some node was out of reach, which is to know",
                () -> clients.get().cleanStarts());
        metrics.counter(
                "clients.clean.starts.forgotten",
                "those for which there was no room",
                () -> clients.get().cleanStartsForgotten());
        metrics.counter(
                "clients.registrations.refused",
                "registrations for which there was no room",
                () -> clients.get().refused());
        metrics.counter(
                "clients.claims",
                "connections that claimed a client id",
                () -> clients.get().claims());
        metrics.counter(
                "clients.claims.lost",
                "connections that lost against one at another node",
                () -> clients.get().lost());
        metrics.counter(
                "clients.sessions.fetched",
                "sessions that came from other nodes",
                () -> clients.get().fetched());
        metrics.counter(
                "clients.sessions.handed.over",
                "sessions that went to other nodes",
                () -> clients.get().handedOver());
        metrics.counter(
                "clients.sessions.superseded",
                "sessions to which another node had the better claim, as after a split",
                () -> clients.get().superseded());
        metrics.counter(
                "clients.handovers.failed",
                "hand-overs that did not come to their end",
                () -> clients.get().failed());
    }
}
