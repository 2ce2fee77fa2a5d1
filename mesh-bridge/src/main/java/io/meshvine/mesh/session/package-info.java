/**
 * Where clients are at home: the directory of client ids on registrars, fencing numbers, and the hand-over of sessions
 * from node to node. Imports the core, {@code .lane} and {@code .wire}; knows no MQTT, for sessions travel in a form that
 * only the node reads. Confined to the bridge loop unless it says otherwise.
 */
@NullMarked
package io.meshvine.mesh.session;

import org.jspecify.annotations.NullMarked;
