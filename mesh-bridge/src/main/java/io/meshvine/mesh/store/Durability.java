package io.meshvine.mesh.store;

/** When a unit counts as kept. In all cases a crash leaves a first part of the units, each as a whole. */
public enum Durability {
    /** On the disk: survives a power failure. */
    FSYNC,
    /** With the operating system: survives the end of the process, not that of the machine. */
    OS,
    /** In the memory of the process, and with the operating system soon after. */
    NONE
}
