package io.meshvine.mesh.client;

import io.meshvine.mesh.NodeId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The answers of several nodes as one.
 *
 * @param clients in order of their names
 * @param more whether there are others behind the last one
 * @param answered the nodes whose clients these are
 */
public record ClientPage(List<Located> clients, boolean more, Set<NodeId> answered) {

    public ClientPage {
        clients = List.copyOf(clients);
        answered = Set.copyOf(answered);
    }

    /**
     * A client and where it is.
     *
     * @param home where it is connected, or else was last
     * @param alsoAt other nodes that hold something of it, until its parts are united
     */
    public record Located(NodeId home, ClientReport client, List<NodeId> alsoAt) {
        public Located {
            alsoAt = List.copyOf(alsoAt);
        }
    }

    private record Candidate(NodeId node, ClientReport client) {
        private static final Comparator<Candidate> BEST_FIRST = Comparator.comparing(
                        (Candidate each) -> each.client.isConnected())
                .thenComparing(each -> each.client.fence())
                .thenComparing(Candidate::node)
                .reversed();
    }

    /** Unites answers. Behind the end of an answer that has more to tell, nothing is known for certain yet. */
    public static ClientPage of(Map<NodeId, ClientPart> parts, int limit) {
        Map<ClientName, List<Candidate>> byName = new TreeMap<>();
        ClientName horizon = null;
        for (Map.Entry<NodeId, ClientPart> part : parts.entrySet()) {
            List<ClientReport> reports = part.getValue().clients();
            for (ClientReport report : reports) {
                byName.computeIfAbsent(report.name(), name -> new ArrayList<>(1))
                        .add(new Candidate(part.getKey(), report));
            }
            if (part.getValue().more() && !reports.isEmpty()) {
                ClientName end = reports.get(reports.size() - 1).name();
                horizon = horizon == null || end.compareTo(horizon) < 0 ? end : horizon;
            }
        }
        List<Located> located = new ArrayList<>();
        for (Map.Entry<ClientName, List<Candidate>> each : byName.entrySet()) {
            if (located.size() == limit || (horizon != null && each.getKey().compareTo(horizon) > 0)) {
                return new ClientPage(located, true, parts.keySet());
            }
            located.add(locate(each.getValue()));
        }
        return new ClientPage(located, horizon != null, parts.keySet());
    }

    private static Located locate(List<Candidate> candidates) {
        candidates.sort(Candidate.BEST_FIRST);
        List<NodeId> others = candidates.stream().skip(1).map(Candidate::node).toList();
        return new Located(candidates.get(0).node(), candidates.get(0).client(), others);
    }
}
