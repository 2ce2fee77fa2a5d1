package io.meshvine.node.admin;

import io.javalin.http.Context;
import io.javalin.http.ForbiddenResponse;
import io.javalin.http.Handler;
import io.javalin.http.UnauthorizedResponse;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Stands before every route: asks for credentials (RFC 7617) where there are any, and lets no other site's page change
 * something in the name of somebody whose browser knows them. Any thread.
 */
final class AdminGate implements Handler {

    private static final String SCHEME = "Basic ";

    private final @Nullable AdminAccess access;

    /** @param access null where everybody may enter */
    AdminGate(@Nullable AdminAccess access) {
        this.access = access;
    }

    @Override
    public void handle(Context context) {
        if (access != null && !isKnown(access, context)) {
            context.header("WWW-Authenticate", "Basic realm=\"meshvine\", charset=\"UTF-8\"");
            throw new UnauthorizedResponse("credentials are needed");
        }
        String origin = context.header("Origin");
        if (changes(context) && origin != null && !isOwn(origin, context)) {
            throw new ForbiddenResponse("asked for by a page of " + origin);
        }
    }

    private static boolean changes(Context context) {
        return switch (context.req().getMethod()) {
            case "GET", "HEAD", "OPTIONS" -> false;
            default -> true;
        };
    }

    private static boolean isOwn(String origin, Context context) {
        try {
            return URI.create(origin).getAuthority() != null
                    && URI.create(origin).getAuthority().equals(context.host());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean isKnown(AdminAccess access, Context context) {
        String header = context.header("Authorization");
        if (header == null || !header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return false;
        }
        byte[] pair;
        try {
            pair = Base64.getDecoder().decode(header.substring(SCHEME.length()).trim());
        } catch (IllegalArgumentException e) {
            return false;
        }
        for (int colon = 0; colon < pair.length; colon++) {
            if (pair[colon] == ':') {
                String user = new String(pair, 0, colon, StandardCharsets.UTF_8);
                byte[] password = Arrays.copyOfRange(pair, colon + 1, pair.length);
                InetSocketAddress from = new InetSocketAddress(
                        context.req().getRemoteAddr(), context.req().getRemotePort());
                return access.mayEnter(user, password, from);
            }
        }
        return false;
    }
}
