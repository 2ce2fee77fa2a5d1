/**
 * Who wants what: topic filters, the filter trie, what peers asked for, what this node asks of its peers. Imports the
 * JDK, jspecify and {@code io.meshvine.mesh} only.
 */
@NullMarked
package io.meshvine.mesh.interest;

import org.jspecify.annotations.NullMarked;
