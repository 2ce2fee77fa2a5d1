package io.meshvine.mesh.sim;

/** What a fault may lie in wait for: between two steps of a promise is where it hurts. */
enum Moment {
    /** A publisher was told that its publish is taken care of. */
    SETTLED,
    /** Publishes arrived, and the broker has not taken them over. */
    ARRIVED,
    /** The broker took publishes over, and the mesh has not made a note of it. */
    ACCEPTED,
    /** Units are on the disk, and nobody who waits for that has been told. */
    COMMITTED,
    /** A subscriber was told that its subscription is known. */
    CONFIRMED,
    /** A session came from its old home, and is not on the disk of the new one. */
    HANDED_OVER
}
