package io.meshvine.mesh.session;

import io.meshvine.mesh.EventLoop;
import io.meshvine.mesh.NodeId;
import java.util.concurrent.Executor;

/** The parts of a {@link ClientDirectory}, as they find each other, and what they share. Confined to the bridge loop. */
final class DirectoryParts {
    final EventLoop loop;

    /** Runs tasks on the loop, in a turn of the bridge; any thread. */
    final Executor turns;

    final NodeId self;
    final DirectoryOptions options;
    final SessionHost host;
    final Tally tally = new Tally();
    final Conversations peers = new Conversations();
    final Flushes flushes;
    final HomeTable homes;
    final Claims claims;
    final Rivals rivals;
    final Fetches fetches;
    final HandOvers handOvers;
    final Residues residues;
    final CleanStarts cleanStarts;

    DirectoryParts(
            EventLoop loop,
            Executor turns,
            NodeId self,
            DirectoryOptions options,
            SessionHost host,
            LinkPositions links) {
        this.loop = loop;
        this.turns = turns;
        this.self = self;
        this.options = options;
        this.host = host;
        this.flushes = new Flushes(this, links);
        this.homes = new HomeTable(this);
        this.claims = new Claims(this);
        this.rivals = new Rivals(this, links);
        this.fetches = new Fetches(this, links);
        this.handOvers = new HandOvers(this);
        this.residues = new Residues(this, links);
        this.cleanStarts = new CleanStarts(this, links);
    }
}
