package io.meshvine.fault.mesh;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Compares what nodes say of their retained messages and their tables of interest. Stateless. */
final class Digests {
    private Digests() {}

    /** True if all hold the same retained messages, and each node's table is what the others have of it. */
    static boolean agree(List<JsonNode> views) {
        Map<String, String> interest = new HashMap<>();
        for (JsonNode view : views) {
            JsonNode digests = view.path("digests");
            if (digests.isMissingNode()) {
                throw new IllegalStateException("this node's /api/v1/mesh has no digests");
            }
            if (!digests.path("retained").equals(views.get(0).path("digests").path("retained"))) {
                return false;
            }
            interest.put(
                    view.path("self").path("id").asText(),
                    digests.path("interest").asText());
        }
        return views.stream().allMatch(view -> knowsAll(view, interest));
    }

    private static boolean knowsAll(JsonNode view, Map<String, String> interest) {
        String self = view.path("self").path("id").asText();
        JsonNode peers = view.path("digests").path("peers");
        return interest.entrySet().stream()
                .filter(owner -> !owner.getKey().equals(self))
                .allMatch(owner -> peers.path(owner.getKey()).asText().equals(owner.getValue()));
    }
}
