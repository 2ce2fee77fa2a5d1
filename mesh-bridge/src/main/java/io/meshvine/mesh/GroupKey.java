package io.meshvine.mesh;

/** A shared subscription's identity, mesh-wide: share name and filter (MQTT 5, 4.8.2). */
public record GroupKey(String group, String filter) {}
