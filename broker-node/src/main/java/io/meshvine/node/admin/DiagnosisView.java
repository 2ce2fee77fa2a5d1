package io.meshvine.node.admin;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.meshvine.mesh.MeshDiagnosis;
import io.meshvine.mesh.MeshDiagnosis.Finding;
import io.meshvine.mesh.MeshStatus;
import io.meshvine.mesh.MeshStatus.LinkState;
import io.meshvine.mesh.NodeId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The JSON form of a diagnosis, and what in it is wrong, in words. */
final class DiagnosisView {

    private final ObjectMapper json;

    DiagnosisView(ObjectMapper json) {
        this.json = json;
    }

    ObjectNode of(MeshStatus status, MeshDiagnosis diagnosis) {
        Map<NodeId, String> names = new HashMap<>();
        status.members().forEach(member -> names.put(member.id(), member.name()));
        names.put(status.self().id(), status.self().name());
        ObjectNode view = json.createObjectNode();
        ArrayNode links = view.putArray("links");
        diagnosis.findings().forEach(finding -> link(links.addObject(), finding, names));
        ArrayNode problems = view.putArray("problems");
        Set<NodeId> away = new HashSet<>();
        for (Finding finding : diagnosis.findings()) {
            if (finding.from().equals(status.self().id()) && finding.state() == LinkState.ABSENT) {
                away.add(finding.to());
                problems.add(names.getOrDefault(finding.to(), finding.to().toString())
                        + " is away: it was stopped, crashed or cannot be reached");
            }
        }
        diagnosis.findings().stream()
                .filter(finding -> !finding.isAnswered() && !away.contains(finding.to()))
                .forEach(finding -> problems.add(problem(finding, names)));
        for (NodeId silent : diagnosis.silent()) {
            problems.add(names.getOrDefault(silent, silent.toString())
                    + " did not report on its links in time: it is stopped, overloaded, or the way to it is cut");
        }
        return view;
    }

    private static String problem(Finding finding, Map<NodeId, String> names) {
        String way = names.getOrDefault(finding.from(), finding.from().toString()) + " to "
                + names.getOrDefault(finding.to(), finding.to().toString());
        return finding.state() == LinkState.CONNECTED
                ? way + ": the link is up, but no answer comes: look at firewalls and routes between the two"
                : way + ": no link, though others reach both: look at firewalls and routes between the two";
    }

    private static void link(ObjectNode node, Finding finding, Map<NodeId, String> names) {
        node.putObject("from").put("id", finding.from().toString()).put("name", names.getOrDefault(finding.from(), ""));
        node.putObject("to").put("id", finding.to().toString()).put("name", names.getOrDefault(finding.to(), ""));
        node.put("state", finding.state().name().toLowerCase(Locale.ROOT));
        node.put("answered", finding.isAnswered());
        if (finding.isAnswered()) {
            node.put("rttMicros", finding.rttMicros());
        }
    }
}
