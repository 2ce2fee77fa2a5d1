/**
 * Who this node is and what folder is its own: the key pair, the count of its lives, the lock. Imports the JDK and the
 * mesh core's {@code NodeId}.
 */
@NullMarked
package io.meshvine.node.identity;

import org.jspecify.annotations.NullMarked;
