/**
 * What users rely on, seen from outside: the normative statements of MQTT 3.1.1 and 5.0, the mesh's own promises, and
 * the clients that people use, against real node processes.
 */
@NullMarked
package io.meshvine.it;

import org.jspecify.annotations.NullMarked;
