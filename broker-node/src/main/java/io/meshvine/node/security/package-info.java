/**
 * Who may use the node, and for what: certificates, passwords, tokens, access rules, and the files that they are in. May
 * import {@code .config}, the ports of {@code .front} and {@code .session}, the mesh core's topic rules, Netty, Bouncy Castle
 * (PEM files and password hashes) and jose4j (tokens).
 */
@NullMarked
package io.meshvine.node.security;

import org.jspecify.annotations.NullMarked;
