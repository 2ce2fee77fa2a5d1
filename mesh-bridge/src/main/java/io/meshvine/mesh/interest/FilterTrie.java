package io.meshvine.mesh.interest;

import static io.meshvine.mesh.interest.TopicFilters.ALL_LEVELS;
import static io.meshvine.mesh.interest.TopicFilters.ONE_LEVEL;
import static io.meshvine.mesh.interest.TopicFilters.isLevel;
import static io.meshvine.mesh.interest.TopicFilters.isSystem;
import static io.meshvine.mesh.interest.TopicFilters.levelEnd;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Topic filters, each with a value, found by the topics they match. Topic names may be stored as well: each is the
 * filter of one topic.
 *
 * <p>Any thread. Writers take turns on a lock; readers never wait and see each filter as it was at some moment during
 * their call: a filter that nobody changes meanwhile is never missed or reported twice. Values that other threads read
 * should be immutable. Callbacks of readers run without any lock. Filters of the form {@code $share/...} have no
 * special meaning here.
 *
 * @param <V> type of the values
 */
public final class FilterTrie<V> {

    private static final int LEVEL_CACHE_SIZE = 1024;

    private final Object writing = new Object();
    private final LevelNode root = new LevelNode("");
    private final AtomicInteger size = new AtomicInteger();
    private final AtomicLong version = new AtomicLong();

    /** Level names seen lately, so that filters share them: "temperature" is kept once. Used by writers only. */
    private final @Nullable String[] levelCache = new String[LEVEL_CACHE_SIZE];

    /**
     * Changes the value of one filter.
     *
     * @param filter a valid filter of at most {@link TopicFilters#MAX_LEVELS} levels
     * @param remap gets the present value or null, and returns the new value, or null to remove the filter; run with
     *     the write lock held, so it must be quick. To return the present value changes nothing.
     */
    public void compute(String filter, UnaryOperator<@Nullable V> remap) {
        synchronized (writing) {
            V before = get(filter);
            V after = remap.apply(before);
            if (after == before) {
                return;
            }
            if (after == null) {
                remove(root, filter, 0);
                size.decrementAndGet();
            } else {
                insert(filter, after);
                if (before == null) {
                    size.incrementAndGet();
                }
            }
            version.incrementAndGet();
        }
    }

    /** The value of exactly this filter. */
    public @Nullable V get(String filter) {
        LevelNode node = root;
        int at = 0;
        while (true) {
            int end = levelEnd(filter, at);
            if (isLevel(filter, at, end, ALL_LEVELS)) {
                return end == filter.length() ? cast(node.allBelow) : null;
            }
            LevelNode next = isLevel(filter, at, end, ONE_LEVEL) ? node.plus : node.child(filter, at, end);
            if (next == null) {
                return null;
            }
            if (end == filter.length()) {
                return cast(next.value);
            }
            node = next;
            at = end + 1;
        }
    }

    /** Reports the value of each filter that matches a topic name. Allocates nothing. */
    public void match(String topic, Consumer<? super V> sink) {
        match(root, topic, 0, isSystem(topic), sink);
    }

    /**
     * Reports the value of each stored filter that the given one covers, itself included; with topic names stored,
     * these are the topics that match the filter.
     */
    public void forEachCovered(String filter, Consumer<? super V> sink) {
        String shortest = filter.equals(TopicFilters.EVERYTHING_LONG) ? TopicFilters.EVERYTHING : filter;
        forEachCovered(root, shortest, 0, sink);
    }

    /** Whether a stored filter that covers the given one, itself included, has a value that fulfils the condition. */
    public boolean anyCovering(String filter, Predicate<? super V> condition) {
        String longest = filter.equals(TopicFilters.EVERYTHING) ? TopicFilters.EVERYTHING_LONG : filter;
        return anyCovering(root, longest, 0, isSystem(filter), condition);
    }

    /**
     * Grows with each change, after the change became visible: what was matched after reading some version is still
     * right as long as the version is the same.
     */
    public long version() {
        return version.get();
    }

    /** The number of filters. */
    public int size() {
        return size.get();
    }

    /** Reports all filters with their values, ordered level by level. */
    public void forEach(BiConsumer<String, ? super V> sink) {
        forEach(root, new StringBuilder(), sink);
    }

    private void insert(String filter, V value) {
        if (!TopicFilters.isValidFilter(filter)) {
            throw new IllegalArgumentException("invalid topic filter of length " + filter.length());
        }
        LevelNode node = root;
        int at = 0;
        while (true) {
            int end = levelEnd(filter, at);
            if (isLevel(filter, at, end, ALL_LEVELS)) {
                node.allBelow = value;
                return;
            }
            node = childOrNew(node, filter, at, end);
            if (end == filter.length()) {
                node.value = value;
                return;
            }
            at = end + 1;
        }
    }

    private LevelNode childOrNew(LevelNode parent, String filter, int from, int to) {
        boolean oneLevel = isLevel(filter, from, to, ONE_LEVEL);
        LevelNode child = oneLevel ? parent.plus : parent.child(filter, from, to);
        if (child == null) {
            child = new LevelNode(level(filter, from, to));
            if (oneLevel) {
                parent.plus = child;
            } else {
                parent.link(child);
            }
        }
        return child;
    }

    /** Removes a filter that is there, and the levels that nothing needs any more. */
    private void remove(LevelNode node, String filter, int at) {
        int end = levelEnd(filter, at);
        if (isLevel(filter, at, end, ALL_LEVELS)) {
            node.allBelow = null;
            return;
        }
        LevelNode child = isLevel(filter, at, end, ONE_LEVEL) ? node.plus : node.child(filter, at, end);
        if (child == null) {
            throw new IllegalStateException("no such filter");
        }
        if (end == filter.length()) {
            child.value = null;
        } else {
            remove(child, filter, end + 1);
        }
        if (child.isEmpty()) {
            node.unlink(child);
        }
    }

    private String level(String filter, int from, int to) {
        int slot = LevelNode.hash(filter, from, to) & (LEVEL_CACHE_SIZE - 1);
        String cached = levelCache[slot];
        if (cached != null && cached.length() == to - from && filter.startsWith(cached, from)) {
            return cached;
        }
        String level = filter.substring(from, to);
        levelCache[slot] = level;
        return level;
    }

    /** @param literally whether wildcards do not match the level at hand. [MQTT-4.7.2-1] */
    private void match(LevelNode node, String topic, int at, boolean literally, Consumer<? super V> sink) {
        if (!literally) {
            emit(node.allBelow, sink); // also where the topic ends at the parent level (MQTT 5, 4.7.1.2)
        }
        if (at > topic.length()) {
            emit(node.value, sink);
            return;
        }
        LevelNode plus = literally ? null : node.plus;
        if (plus == null && !node.hasChildren()) {
            return;
        }
        int end = levelEnd(topic, at);
        LevelNode child = node.child(topic, at, end);
        if (child != null) {
            match(child, topic, end + 1, false, sink);
        }
        if (plus != null) {
            match(plus, topic, end + 1, false, sink);
        }
    }

    private void forEachCovered(LevelNode node, String filter, int at, Consumer<? super V> sink) {
        if (at > filter.length()) {
            emit(node.value, sink);
            return;
        }
        int end = levelEnd(filter, at);
        if (isLevel(filter, at, end, ALL_LEVELS)) {
            forEachBelow(node, sink);
            return;
        }
        if (!isLevel(filter, at, end, ONE_LEVEL)) {
            LevelNode child = node.child(filter, at, end);
            if (child != null) {
                forEachCovered(child, filter, end + 1, sink);
            }
            return;
        }
        LevelNode plus = node.plus;
        if (plus != null) {
            forEachCovered(plus, filter, end + 1, sink);
        }
        LevelNode[] slots = node.childrenWithGaps();
        for (int i = 0; i < slots.length; i++) {
            LevelNode child = LevelNode.childAt(slots, i);
            if (child != null && mayBeWildcard(node, child)) {
                forEachCovered(child, filter, end + 1, sink);
            }
        }
    }

    private void forEachBelow(LevelNode node, Consumer<? super V> sink) {
        emit(node.value, sink);
        emit(node.allBelow, sink);
        LevelNode plus = node.plus;
        if (plus != null) {
            forEachBelow(plus, sink);
        }
        LevelNode[] slots = node.childrenWithGaps();
        for (int i = 0; i < slots.length; i++) {
            LevelNode child = LevelNode.childAt(slots, i);
            if (child != null && mayBeWildcard(node, child)) {
                forEachBelow(child, sink);
            }
        }
    }

    /** Whether a wildcard covers this child. [MQTT-4.7.2-1] */
    private boolean mayBeWildcard(LevelNode parent, LevelNode child) {
        return parent != root || !isSystem(child.level);
    }

    private boolean anyCovering(
            LevelNode node, String filter, int at, boolean literally, Predicate<? super V> condition) {
        if (!literally && test(node.allBelow, condition)) {
            return true;
        }
        if (at > filter.length()) {
            return test(node.value, condition);
        }
        int end = levelEnd(filter, at);
        if (isLevel(filter, at, end, ALL_LEVELS)) {
            return false; // nothing below this level covers it
        }
        LevelNode plus = literally ? null : node.plus;
        if (plus != null && anyCovering(plus, filter, end + 1, false, condition)) {
            return true;
        }
        LevelNode child = isLevel(filter, at, end, ONE_LEVEL) ? null : node.child(filter, at, end);
        return child != null && anyCovering(child, filter, end + 1, false, condition);
    }

    private void forEach(LevelNode node, StringBuilder path, BiConsumer<String, ? super V> sink) {
        int length = path.length();
        V here = cast(node.value);
        if (here != null) {
            sink.accept(path.substring(0, length - 1), here);
        }
        V allBelow = cast(node.allBelow);
        if (allBelow != null) {
            sink.accept(path + TopicFilters.EVERYTHING, allBelow);
        }
        LevelNode plus = node.plus;
        if (plus != null) {
            forEach(plus, path.append(ONE_LEVEL).append(TopicFilters.SEPARATOR), sink);
            path.setLength(length);
        }
        for (LevelNode child : node.sortedChildren()) {
            forEach(child, path.append(child.level).append(TopicFilters.SEPARATOR), sink);
            path.setLength(length);
        }
    }

    private void emit(@Nullable Object value, Consumer<? super V> sink) {
        V found = cast(value);
        if (found != null) {
            sink.accept(found);
        }
    }

    private boolean test(@Nullable Object value, Predicate<? super V> condition) {
        V found = cast(value);
        return found != null && condition.test(found);
    }

    @SuppressWarnings("unchecked") // nodes hold nothing but what insert put there
    private @Nullable V cast(@Nullable Object value) {
        return (V) value;
    }
}
