package io.meshvine.mesh.session;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.wire.Position;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Port: the sessions of this node as the {@link ClientDirectory} moves them. Called on the bridge loop; must not block.
 * Callbacks may be run on any thread, once.
 */
public interface SessionHost {

    /** Answer of {@link #received}. */
    long NOT_RECEIVED = -1;

    /**
     * Ends the client's connection because its session goes to another node, and keeps further ones out.
     *
     * @param frozen run when there is no connection any more; at once if there was none
     */
    void freeze(String clientId, Runnable frozen);

    /** Lets connections of a frozen client in again, or of one that is not frozen yet. */
    void release(String clientId);

    /**
     * Ends the session of a frozen client: it begins anew elsewhere.
     *
     * @param durable run when that is as durable as configured: a crash does not bring it back
     */
    void end(String clientId, Runnable durable);

    /** Deletes the session of a frozen client: it lives on elsewhere, with all that was in it. */
    void forget(String clientId);

    /**
     * Deletes the session of a frozen client, which lives on elsewhere, up to a place in its queue; what came behind that
     * stays, and it stays subscribed for what some nodes still send to it here.
     *
     * @param through up to there the other node has everything, as its export said
     * @return null if there is no session that outlives its connections: nothing was done
     */
    @Nullable
    LeftBehind leaveBehind(String clientId, long through, NodeId home, Position interest, Set<NodeId> behind);

    /**
     * Runs a task, on any thread, when every publish of this node's clients that is being routed now has reached the
     * sessions and the bridge.
     */
    void quiesce(Runnable quiet);

    /** Reads the session of a frozen client; null if there is none that outlives its connections. */
    @Nullable
    Export export(String clientId);

    /**
     * Takes in the session of another node.
     *
     * @param fence of this node's claim
     * @param from who hands it over
     * @param fromFence of the other node's claim
     * @param begun of the clean start with which the session began, or 0; to be kept with it
     */
    Import receive(String clientId, long fence, NodeId from, long fromFence, long begun);

    /**
     * Keeps that a client's session began anew by that claim, whatever becomes of it.
     *
     * @param durable run when that is as durable as configured
     */
    void keepBegun(String clientId, long fence, Runnable durable);

    /** Nobody has to know any more when a client's session began. */
    void forgetBegun(String clientId);

    /**
     * Up to which place that session of another node was taken in before, in whatever life of this node; {@link
     * #NOT_RECEIVED} if it was not.
     */
    long received(String clientId, NodeId from, long fromFence);

    /** What stays of a session that went to another node; durable, like the session was. */
    interface LeftBehind {

        String clientId();

        /** Of the last claim by which the session was at home here. */
        long fence();

        /** Where it went. */
        NodeId home();

        /** Of that node, as subscribed to what the session wants. */
        Position interest();

        /** From these nodes something may still come. */
        Set<NodeId> behind();

        /** Nothing more comes from a node. */
        void heard(NodeId node);

        /** Whether something came. */
        boolean isWaiting();

        /** Whether it waits for too long: the nodes have given up what they kept for this one. */
        boolean isExpired();

        /**
         * Reads what came so far, less than any fence and different from the last one.
         *
         * @return the fence under which it is handed over; the same, for the same messages, until {@link #taken}
         */
        long begin();

        /** Reads what {@link #begin} stands for. */
        Export export();

        /** The session has what was read: it is deleted here. */
        void taken();

        /** Nothing more comes, or the session is over: what is left is dropped and counted. */
        void end();
    }

    /** A frozen session that is read; it goes on taking messages meanwhile. */
    interface Export {

        /** The next part of what is in the session by now; null if that is all. */
        byte @Nullable [] next();

        /** The place in the queue up to which it was read: it stands for the same messages after a crash. */
        long through();

        /** Runs a task when everything that reached the session until now can be read. */
        void settle(Runnable settled);
    }

    /**
     * A session that is taken in. If the client has a session here, both are united; if not, it continues here as it was
     * there. After one of {@link #finish}, {@link #keep} and {@link #discard}, nothing else is called.
     */
    interface Import {

        /** Takes a part, in order; nothing is delivered yet. Throws {@link IllegalArgumentException} if it is malformed. */
        void accept(byte[] part);

        /**
         * Subscribes to what came. From now on messages for the session come here as well as to its old home.
         *
         * @param confirmed run when the nodes in reach know
         */
        void activate(Runnable confirmed);

        /**
         * Everything came: what waited at the old home goes ahead of what came here since {@link #activate}. Of what came
         * both ways the copy of the old home stays, because it is in its place: the other one may be ahead of what the
         * old home alone had. For a while, the second copy of a message may still follow, and is dropped.
         *
         * @param through as the export says; to be kept with it, for {@link SessionHost#received}
         * @param durable run when it is as durable as configured
         */
        void finish(long through, Runnable durable);

        /**
         * The old home is out of reach: what it has is left to it, subscriptions stay if they are active.
         *
         * @return whether the client has a session here because of that: it is at home here, whatever becomes of the claim
         */
        boolean keep();

        /**
         * Another node gets the session: what the old home has is left to it.
         *
         * @return whether messages came here since {@link #activate}: they stay in a session, for that node to fetch
         */
        boolean discard();
    }
}
