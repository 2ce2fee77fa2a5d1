/**
 * The node's HTTP endpoint for operators: health, metrics, the state of the mesh, the configuration in effect. Reads
 * through suppliers only. Imports Javalin (nobody else does), Jackson, the mesh core's values and {@code config}.
 */
@NullMarked
package io.meshvine.node.admin;

import org.jspecify.annotations.NullMarked;
