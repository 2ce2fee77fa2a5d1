/** A network of namespaces that belongs to one run, and what can be done to it and to disks. Imports Netty. */
@NullMarked
package io.meshvine.fault.net;

import org.jspecify.annotations.NullMarked;
