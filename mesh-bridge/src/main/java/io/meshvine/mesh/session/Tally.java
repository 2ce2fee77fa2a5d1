package io.meshvine.mesh.session;

/** What a {@link ClientDirectory} has counted. Confined to the bridge loop. */
final class Tally {
    long claims;
    long lost;
    long fetched;
    long handedOver;
    long superseded;
    long failed;
}
