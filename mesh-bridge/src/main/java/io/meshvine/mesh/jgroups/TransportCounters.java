package io.meshvine.mesh.jgroups;

/**
 * What a {@link JGroupsTransport} counted since it was started.
 *
 * @param failedCallbacks calls of the listener that threw
 * @param unexpectedMessages messages of a kind that no node sends, dropped unread
 * @param foreignMessages messages of members of other meshes, left alone
 * @param droppedMessages JGroups messages dropped at the bound of a lane (sent again where it matters)
 * @param failedSends writes that failed, mostly for want of a connection
 * @param renewedConnections connections given up because nothing was acknowledged on them any more
 */
public record TransportCounters(
        long failedCallbacks,
        long unexpectedMessages,
        long foreignMessages,
        long droppedMessages,
        long failedSends,
        long renewedConnections) {}
