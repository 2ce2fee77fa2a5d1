package io.meshvine.mesh;

/**
 * Parts of one array. Immutable; any thread.
 */
public final class Slices {

    /** No part at all. */
    public static final Slices NONE = new Slices(new byte[0], new int[0]);

    private final byte[] array;
    private final int[] bounds;

    /**
     * @param array holds the parts; not to be changed
     * @param bounds where in the array each of them starts and where it ends; not to be changed
     */
    public Slices(byte[] array, int[] bounds) {
        this.array = array;
        this.bounds = bounds;
    }

    /** How many there are. */
    public int count() {
        return bounds.length / 2;
    }

    public boolean isEmpty() {
        return bounds.length == 0;
    }

    /** The array that holds them. Not to be changed. */
    public byte[] array() {
        return array;
    }

    /** Where one of them starts in the array. */
    public int start(int index) {
        return bounds[2 * index];
    }

    /** Bytes of one of them. */
    public int length(int index) {
        return bounds[2 * index + 1] - bounds[2 * index];
    }
}
