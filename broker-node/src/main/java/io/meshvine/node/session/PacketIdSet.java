package io.meshvine.node.session;

/**
 * Set of packet identifiers, 1 to 65535: open addressing with linear probing, two bytes per place. Confined to one
 * thread.
 */
final class PacketIdSet {

    private static final int FIRST_CAPACITY = 8;
    private static final char FREE = 0;

    private char[] table = new char[FIRST_CAPACITY];
    private int size;

    int size() {
        return size;
    }

    /** Returns false if it was in the set. */
    boolean add(int id) {
        int place = find(id);
        if (table[place] != FREE) {
            return false;
        }
        table[place] = (char) id;
        size++;
        if (size > table.length / 2) {
            resize(table.length * 2);
        }
        return true;
    }

    boolean contains(int id) {
        return table[find(id)] != FREE;
    }

    /** Returns false if it was not in the set. */
    boolean remove(int id) {
        int gap = find(id);
        if (table[gap] == FREE) {
            return false;
        }
        int mask = table.length - 1;
        // Move back what was pushed behind the gap, so that probing still finds it.
        for (int i = (gap + 1) & mask; table[i] != FREE; i = (i + 1) & mask) {
            int home = table[i] & mask;
            if (((i - home) & mask) >= ((i - gap) & mask)) {
                table[gap] = table[i];
                gap = i;
            }
        }
        table[gap] = FREE;
        size--;
        if (table.length > FIRST_CAPACITY && size < table.length / 8) {
            resize(table.length / 2);
        }
        return true;
    }

    /** Where the identifier is, or the free place where it would be. */
    private int find(int id) {
        int mask = table.length - 1;
        int i = id & mask;
        while (table[i] != FREE && table[i] != id) {
            i = (i + 1) & mask;
        }
        return i;
    }

    private void resize(int capacity) {
        char[] old = table;
        table = new char[capacity];
        for (char id : old) {
            if (id != FREE) {
                table[find(id)] = id;
            }
        }
    }
}
