package io.meshvine.mesh.interest;

/**
 * A shared subscription's filter taken apart: {@code $share/group/filter} (MQTT 5, 4.8.2).
 *
 * @param group share name
 * @param filter the topic filter behind it
 */
public record SharedFilter(String group, String filter) {}
