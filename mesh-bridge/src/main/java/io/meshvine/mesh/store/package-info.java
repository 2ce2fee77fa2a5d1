/**
 * Stores of records. The only importer of the storage engine; imports the core's port and nothing else of it.
 */
@NullMarked
package io.meshvine.mesh.store;

import org.jspecify.annotations.NullMarked;
