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
    final int publisher;

    /** Whether its publisher sends it again to the node's next life, unless that has it. */
    final boolean repeats;

    SimNode.Life origin;
    MeshPublish publish;
    List<MeshTarget> targets;
    long atNanos;
    int settled;

    /** When its publisher was told. */
    long settledNanos;

    /** When something happened to it last. */
    long lastNanos;

    /** Lives whose broker took it over. */
    final List<SimNode.Life> accepted = new ArrayList<>();

    /** How often it arrived at a life. */
    final Map<SimNode.Life, Integer> arrived = new LinkedHashMap<>();

    /** The lives of the targets when it was sent, in the order of the targets. */
    List<SimNode.Life> lives;

    private final List<Chapter> story = new ArrayList<>();

    private record Chapter(long nanos, String what, Object who) {}

    Sending(
            long id,
            SimNode.Life origin,
            int publisher,
            boolean repeats,
            MeshPublish publish,
            List<MeshTarget> targets,
            List<SimNode.Life> lives,
            long atNanos) {
        this.id = id;
        this.origin = origin;
        this.publisher = publisher;
        this.repeats = repeats;
        this.publish = publish;
        this.targets = targets;
        this.lives = lives;
        this.atNanos = atNanos;
        this.lastNanos = atNanos;
    }

    /** Its publisher sends it once more, to a later life of the node. */
    void again(
            SimNode.Life to,
            MeshPublish anew,
            List<MeshTarget> newTargets,
            List<SimNode.Life> newLives,
            long nowNanos) {
        origin = to;
        publish = anew;
        targets = newTargets;
        lives = newLives;
        atNanos = nowNanos;
        note(nowNanos, "sent again to ", to);
        note(nowNanos, "which sends it to ", describeTargets());
    }

    /** QoS at which a target gets it. */
    int qos(MeshTarget target) {
        return Math.min(publish.qos(), target.qos());
    }

    void note(long nanos, String what, Object who) {
        lastNanos = nanos;
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
