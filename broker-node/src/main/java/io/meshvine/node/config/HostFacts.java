package io.meshvine.node.config;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What defaults depend on: the machine the node runs on. */
interface HostFacts {

    /** The host's name, as far as it can be a node's name; empty if it has none. */
    Optional<String> name();

    /** How many processors this process may use. */
    int processors();

    /** Whether only this host can reach what is bound to that address or name. */
    boolean isLoopback(String host) throws UnknownHostException;

    /** The machine this process runs on. */
    static HostFacts ofThisMachine() {
        return new HostFacts() {
            private static final Path KERNEL_NAME = Path.of("/proc/sys/kernel/hostname");

            @Override
            public Optional<String> name() {
                String name;
                try {
                    name = Files.isReadable(KERNEL_NAME)
                            ? Files.readString(KERNEL_NAME).trim()
                            : InetAddress.getLocalHost().getHostName();
                } catch (IOException e) {
                    return Optional.empty(); // a host without a name is no fault: the node gets the product's
                }
                String usable = name.replaceAll("[^A-Za-z0-9._-]", "-").replaceAll("^[._-]+", "");
                return Optional.of(usable.substring(0, Math.min(64, usable.length())))
                        .filter(text -> !text.isEmpty());
            }

            @Override
            public int processors() {
                return Runtime.getRuntime().availableProcessors();
            }

            @Override
            public boolean isLoopback(String host) throws UnknownHostException {
                return InetAddress.getByName(host).isLoopbackAddress();
            }
        };
    }
}
