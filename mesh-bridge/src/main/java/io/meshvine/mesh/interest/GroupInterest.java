package io.meshvine.mesh.interest;

import io.meshvine.mesh.GroupKey;
import java.util.List;

/**
 * A shared subscription that wants a publish.
 *
 * @param members the peers that serve members of the group; one of them, mesh-wide, gets the publish
 */
public record GroupInterest(GroupKey key, List<PeerInterest> members) {

    public GroupInterest {
        members = List.copyOf(members);
    }
}
