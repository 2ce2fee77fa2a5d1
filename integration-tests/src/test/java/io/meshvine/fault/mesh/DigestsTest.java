package io.meshvine.fault.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;

class DigestsTest {
    private static JsonNode view(String id, String retained, String interest, String peer, String known)
            throws JsonProcessingException {
        return new ObjectMapper().readTree("""
                {"self": {"id": "%s"}, "digests": {"retained": "%s", "interest": "%s", "peers": {"%s": "%s"}}}
                """.formatted(id, retained, interest, peer, known));
    }

    @Test
    void nodesAgreeThatHoldTheSame() throws JsonProcessingException {
        assertThat(Digests.agree(List.of(view("a", "r", "x", "b", "y"), view("b", "r", "y", "a", "x"))))
                .isTrue();
    }

    @Test
    void otherRetainedMessagesOrAnOldTableAreNoAgreement() throws JsonProcessingException {
        assertThat(Digests.agree(List.of(view("a", "r", "x", "b", "y"), view("b", "q", "y", "a", "x"))))
                .isFalse();
        assertThat(Digests.agree(List.of(view("a", "r", "x", "b", "y"), view("b", "r", "y", "a", "w"))))
                .isFalse();
        assertThat(Digests.agree(List.of(view("a", "r", "x", "c", "y"), view("b", "r", "y", "a", "x"))))
                .isFalse();
    }
}
