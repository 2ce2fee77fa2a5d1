/**
 * The command line: one node, a demonstration mesh, and questions to running nodes. Imports picocli and the HiveMQ
 * client (nobody else does), {@code config}, and of {@code security} what changes files of users; starts nodes through {@code NodeStarter}.
 */
@NullMarked
package io.meshvine.node.cli;

import org.jspecify.annotations.NullMarked;
