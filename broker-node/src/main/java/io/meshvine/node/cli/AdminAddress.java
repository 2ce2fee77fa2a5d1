package io.meshvine.node.cli;

import io.meshvine.node.config.Listener;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say which node to ask: by address, or by the configuration it was started with. */
final class AdminAddress {

    @Option(
            names = "--admin",
            paramLabel = "URL",
            description = "Admin address of the node, as http://127.0.0.1:8080; default: by the configuration.")
    private @Nullable URI url;

    @Option(
            names = "--admin-credentials",
            paramLabel = "FILE",
            description = "File with user:password for the admin port, where it asks for them.")
    private @Nullable Path credentials;

    @Mixin
    private ConfigFile config = new ConfigFile();

    AdminClient client(Map<String, String> environment) throws IOException {
        if (url != null) {
            if (url.getHost() == null) {
                throw new IOException("--admin " + url + ": expected an address as http://127.0.0.1:8080");
            }
            return new AdminClient(url, credentials());
        }
        Listener admin = config.load(environment).config().admin();
        if (admin.port() <= 0) {
            throw new IOException(
                    "admin.port=" + admin.port() + " does not say where the node listens; use --admin URL");
        }
        boolean anywhere = InetAddress.getByName(admin.host()).isAnyLocalAddress();
        Listener reachable = anywhere ? new Listener("127.0.0.1", admin.port()) : admin;
        return new AdminClient(URI.create("http://" + reachable), credentials());
    }

    private @Nullable String credentials() throws IOException {
        return credentials == null ? null : Files.readString(credentials).strip();
    }
}
