package io.meshvine.node.admin;

import io.meshvine.mesh.MeshDiagnosis;
import io.meshvine.mesh.MeshStatus;
import io.meshvine.mesh.client.ClientPage;
import io.meshvine.mesh.client.ClientQuery;
import io.meshvine.mesh.retained.DivergenceLog;
import io.meshvine.node.config.LoadedConfig.Effective;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Where the admin endpoint reads. All are asked on its threads, at each request.
 *
 * @param version version of the running node
 * @param health checks of all parts
 * @param mesh state of the mesh; a future that fails or stays open becomes an error 503
 * @param diagnosis probes the mesh, with a timeout for each answer; a future that fails or stays open becomes an error 503
 * @param divergence what was written on both sides while nodes were apart; as {@code mesh}
 * @param clients finds clients, in the whole mesh where that is true, else at this node; as {@code mesh}
 * @param counters what the node counted, by name; values are numbers or maps of these
 * @param config the settings in effect
 * @param metrics all metrics in Prometheus' text format
 */
public record AdminSources(
        String version,
        Health health,
        Supplier<CompletableFuture<MeshStatus>> mesh,
        Function<Duration, CompletableFuture<MeshDiagnosis>> diagnosis,
        Supplier<CompletableFuture<List<DivergenceLog.Report>>> divergence,
        BiFunction<ClientQuery, Boolean, CompletableFuture<ClientPage>> clients,
        Supplier<Map<String, ?>> counters,
        List<Effective> config,
        Supplier<String> metrics) {}
