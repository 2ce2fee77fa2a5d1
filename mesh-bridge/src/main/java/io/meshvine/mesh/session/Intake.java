package io.meshvine.mesh.session;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What comes here from other nodes at present, within bounds: so many sessions at once, the others have their turn; and so
 * much in memory that is not in a session yet. Beyond that, parts are confirmed of the first session only, so that it
 * comes to its end and makes room. Confined to the bridge loop.
 */
final class Intake {
    private final int maxAtOnce;
    private final long maxBytes;
    private final Consumer<Fetching> confirm;

    /** By ticket, and so in order. */
    private final TreeMap<Long, Fetching> open = new TreeMap<>();

    private final Set<Home> waiting = new LinkedHashSet<>();
    private long bytes;

    /** @param confirm tells the other node that parts came */
    Intake(DirectoryOptions options, Consumer<Fetching> confirm) {
        this.maxAtOnce = options.maxFetches();
        this.maxBytes = options.maxStagedBytes();
        this.confirm = confirm;
    }

    /** Whether one more session may come now; if not, its home has its turn. */
    boolean admits(Home home) {
        boolean hasRoom = open.size() < maxAtOnce;
        if (!hasRoom) {
            waiting.add(home);
        }
        return hasRoom;
    }

    void add(Fetching fetching) {
        open.put(fetching.ticket, fetching);
    }

    @Nullable
    Fetching get(long ticket) {
        return open.get(ticket);
    }

    /** A part came: confirms it, now or when there is room. */
    void onPart(Fetching fetching, long number, int partBytes) {
        fetching.stagedBytes += partBytes;
        fetching.unconfirmed = number;
        bytes += partBytes;
        if (bytes <= maxBytes) {
            confirm(fetching);
        } else {
            confirm();
        }
    }

    private void confirm(Fetching fetching) {
        if (fetching.unconfirmed != 0) {
            confirm.accept(fetching);
            fetching.unconfirmed = 0;
        }
    }

    private void confirm() {
        for (Fetching fetching : open.values()) {
            confirm(fetching);
            if (bytes > maxBytes && !fetching.isOver()) {
                return; // This one first.
            }
        }
    }

    /** Nothing more comes of that. */
    void remove(Fetching fetching) {
        if (open.remove(fetching.ticket, fetching)) {
            bytes -= fetching.stagedBytes;
            confirm();
        }
    }

    /** Whose turn it is now; null if it is nobody's. */
    @Nullable
    Home turn() {
        if (waiting.isEmpty() || open.size() >= maxAtOnce) {
            return null;
        }
        Home next = waiting.iterator().next();
        waiting.remove(next);
        return next;
    }

    List<Fetching> all() {
        return List.copyOf(open.values());
    }

    int size() {
        return open.size();
    }

    int waiting() {
        return waiting.size();
    }

    long bytes() {
        return bytes;
    }
}
