package io.meshvine.node.config;

/**
 * How the node keeps what has to outlive it.
 *
 * @param durability when something counts as kept
 * @param memory memory of the store beside the Java heap, bytes
 * @param reserve space on the disk that nothing new may take, bytes
 */
public record StorageConfig(Durability durability, long memory, long reserve) {

    /** When something counts as kept, and may be acknowledged. */
    public enum Durability {
        /** On the disk: survives a power failure. */
        FSYNC,
        /** With the operating system: survives the end of the process. */
        OS,
        /** In the memory of the process. */
        NONE
    }
}
