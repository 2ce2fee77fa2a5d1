package io.meshvine.node.admin;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.meshvine.mesh.DropReason;
import io.meshvine.mesh.MeshStatus;
import io.meshvine.mesh.NodeId;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The JSON form of the mesh's state. Written field by field, because scripts of operators depend on these names: they
 * do not follow when a record of the core is renamed.
 */
final class MeshView {

    private final ObjectMapper json;

    MeshView(ObjectMapper json) {
        this.json = json;
    }

    ObjectNode of(String version, MeshStatus status, Map<String, ?> counters) {
        Map<NodeId, String> names = status.members().stream()
                .collect(Collectors.toMap(MeshStatus.Member::id, MeshStatus.Member::name, (one, other) -> one));
        ObjectNode view = json.createObjectNode();
        view.put("mesh", status.meshName());
        view.set("self", member(status.self()).put("version", version));
        ArrayNode members = view.putArray("members");
        status.members().forEach(member -> members.add(member(member)));
        ArrayNode links = view.putArray("links");
        status.links().forEach(link -> links.add(link(link, names)));
        ObjectNode routes = view.putObject("routes");
        routes.put("advertised", status.advertised());
        ArrayNode wanted = routes.putArray("peers");
        new TreeMap<>(status.routes())
                .forEach(
                        (peer, filters) -> peer(wanted.addObject(), peer, names).put("filters", filters));
        view.set("digests", digests(status.digests()));
        ArrayNode refused = view.putArray("refused");
        status.refused()
                .forEach(refusal -> refused.addObject()
                        .put("address", refusal.address().toString())
                        .put("reason", refusal.reason()));
        view.set("counters", json.valueToTree(counters));
        return view;
    }

    private ObjectNode member(MeshStatus.Member member) {
        ObjectNode node = json.createObjectNode();
        node.put("id", member.id().toString()).put("name", member.name()).put("epoch", member.epoch());
        ObjectNode addresses = node.putObject("addresses");
        new TreeMap<>(member.addresses()).forEach(addresses::put);
        return node;
    }

    private ObjectNode digests(MeshStatus.Digests digests) {
        ObjectNode node = json.createObjectNode();
        node.put("retained", hex(digests.retained())).put("interest", hex(digests.interest()));
        ObjectNode peers = node.putObject("peers");
        digests.peers().forEach((peer, digest) -> peers.put(peer.toString(), hex(digest)));
        return node;
    }

    /** Text, because not every reader of JSON has numbers of 64 bits. */
    private static String hex(long digest) {
        return String.format(Locale.ROOT, "%016x", digest);
    }

    private ObjectNode link(MeshStatus.Link link, Map<NodeId, String> names) {
        ObjectNode node = peer(json.createObjectNode(), link.peer(), names);
        node.put("state", link.state().name().toLowerCase(Locale.ROOT));
        node.put("saturated", link.saturated());
        node.put("rttMicros", link.rttMicros());
        node.put("sentPublishes", link.sentPublishes());
        node.put("receivedPublishes", link.receivedPublishes());
        node.put("sentFrames", link.sentFrames());
        node.put("receivedFrames", link.receivedFrames());
        node.put("sentBytes", link.sentBytes());
        node.put("receivedBytes", link.receivedBytes());
        node.put("unackedPublishes", link.unackedPublishes());
        node.put("queuedPublishes", link.queuedPublishes());
        node.put("queuedBytes", link.queuedBytes());
        node.put("spilledPublishes", link.spilledPublishes());
        node.put("spilledBytes", link.spilledBytes());
        node.put("oldestUnackedMillis", link.oldestUnackedMillis());
        ObjectNode dropped = node.putObject("dropped");
        new TreeMap<DropReason, Long>(link.dropped()).forEach((reason, count) -> dropped.put(reason.label(), count));
        return node;
    }

    private static ObjectNode peer(ObjectNode node, NodeId peer, Map<NodeId, String> names) {
        return node.put("peer", peer.toString()).put("name", names.getOrDefault(peer, ""));
    }
}
