package io.meshvine.node.security;

import io.meshvine.node.front.Authorizer;
import io.meshvine.node.front.Client;
import io.meshvine.node.front.Permissions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Allows what the rules of a file allow, and what tokens grant. Without a file, everybody may do everything, but for those
 * whose tokens say what. Any thread.
 */
public final class AclAuthorizer implements Authorizer {

    private static final String SETTING = "security.acl-file";
    private static final AclFile NO_RULES = new AclFile(List.of(), Map.of(), Map.of(), Map.of(), List.of());

    private final @Nullable WatchedFiles files;
    private volatile AclFile rules = NO_RULES;

    /**
     * Reads the rules.
     *
     * @param file null for none
     */
    AclAuthorizer(@Nullable Path file) throws SecurityFileException {
        this.files = file == null ? null : WatchedFiles.read(List.of(file), () -> rules = AclFile.read(SETTING, file));
    }

    @Nullable
    WatchedFiles files() {
        return files;
    }

    /** The rules in force; another object after each change. */
    AclFile rules() {
        return rules;
    }

    @Override
    public Permissions permissions(Client client) {
        boolean unrestricted = files == null && client.principal().grants().isEmpty();
        return unrestricted ? Permissions.all() : new AclPermissions(this, client);
    }
}
