package io.meshvine.mesh.sim;

import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.MeshTarget;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One publish, and all that became of it. */
final class Sending {
    final long id;
    final SimNode.Life origin;
    final int publisher;
    final MeshPublish publish;
    final List<MeshTarget> targets;
    final long atNanos;
    int settled;

    /** Lives whose broker took it over. */
    final List<SimNode.Life> accepted = new ArrayList<>();

    /** How often it arrived at a life. */
    final Map<SimNode.Life, Integer> arrived = new LinkedHashMap<>();

    /** The lives of the targets when it was sent, in the order of the targets. */
    final List<SimNode.Life> lives;

    private final List<Chapter> story = new ArrayList<>();

    private record Chapter(long nanos, String what, Object who) {}

    Sending(
            long id,
            SimNode.Life origin,
            int publisher,
            MeshPublish publish,
            List<MeshTarget> targets,
            List<SimNode.Life> lives,
            long atNanos) {
        this.id = id;
        this.origin = origin;
        this.publisher = publisher;
        this.publish = publish;
        this.targets = targets;
        this.lives = lives;
        this.atNanos = atNanos;
    }

    /** QoS at which a target gets it. */
    int qos(MeshTarget target) {
        return Math.min(publish.qos(), target.qos());
    }

    void note(long nanos, String what, Object who) {
        story.add(new Chapter(nanos, what, who));
    }

    /** What happened to it, a line each. */
    String story() {
        StringBuilder told = new StringBuilder("publish #" + id + " of " + origin + ", publisher " + publisher
                + ", QoS "
                + publish.qos() + ", topic " + publish.topic()
                + (publish.deletesRetained() ? ", deletes retained" : publish.retain() ? ", retained" : "") + "\n  "
                + SimMesh.time(atNanos) + " sent to " + describeTargets());
        for (Chapter chapter : story) {
            told.append("\n  ")
                    .append(SimMesh.time(chapter.nanos))
                    .append(' ')
                    .append(chapter.what)
                    .append(chapter.who);
        }
        return told.toString();
    }

    private String describeTargets() {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < targets.size(); i++) {
            MeshTarget target = targets.get(i);
            names.add(lives.get(i) + " QoS " + qos(target) + (target.subscribers() ? " subscribers" : "")
                    + (target.groups().isEmpty() ? "" : " " + target.groups()));
        }
        return names.isEmpty() ? "nobody" : String.join(", ", names);
    }
}
