/**
 * The node's configuration: plain immutable records, and the loader that reads them from defaults, a YAML file and the
 * environment and reports every problem at once. Imports SmallRye Config and SnakeYAML; no other package of the node.
 */
@NullMarked
package io.meshvine.node.config;

import org.jspecify.annotations.NullMarked;
