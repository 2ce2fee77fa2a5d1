/**
 * The link to one peer: its outbox, sequence, acknowledgement, resend, window and back-pressure. Imports the core and
 * {@code .wire}. Everything here is confined to the bridge loop unless it says otherwise.
 */
@NullMarked
package io.meshvine.mesh.link;

import org.jspecify.annotations.NullMarked;
