/** The demonstration as a newcomer starts it: real processes, ephemeral ports. */
@NullMarked
package io.meshvine.it.demo;

import org.jspecify.annotations.NullMarked;
