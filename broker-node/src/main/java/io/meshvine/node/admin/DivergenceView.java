package io.meshvine.node.admin;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.meshvine.mesh.retained.DivergenceLog;
import io.meshvine.mesh.retained.HybridTimestamp;
import java.time.Instant;
import java.util.List;

/** The JSON form of what was written on both sides while nodes were apart. Its names stay, as those of {@link MeshView}. */
final class DivergenceView {

    private DivergenceView() {}

    static ObjectNode of(ObjectMapper json, List<DivergenceLog.Report> reports) {
        ObjectNode view = json.createObjectNode();
        ArrayNode merges = view.putArray("merges");
        for (DivergenceLog.Report report : reports) {
            ObjectNode merge = merges.addObject()
                    .put("peer", report.peer().toString())
                    .put("apartSince", time(report.apartSinceMillis()))
                    .put("met", time(report.metMillis()))
                    .put("retainedTopics", report.topics());
            ArrayNode conflicts = merge.putArray("conflicts");
            for (DivergenceLog.Conflict conflict : report.conflicts()) {
                ObjectNode node = conflicts.addObject().put("topic", conflict.topic());
                node.set("winner", write(json, conflict.winner()).put("deleted", conflict.deleted()));
                node.set("loser", write(json, conflict.loser()));
            }
        }
        return view;
    }

    private static ObjectNode write(ObjectMapper json, HybridTimestamp stamp) {
        return json.createObjectNode().put("node", stamp.node().toString()).put("at", time(stamp.wallMillis()));
    }

    private static String time(long millis) {
        return Instant.ofEpochMilli(millis).toString();
    }
}
