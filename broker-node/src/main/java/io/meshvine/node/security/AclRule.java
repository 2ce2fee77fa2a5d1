package io.meshvine.node.security;

import io.meshvine.mesh.interest.TopicFilters;
import io.meshvine.node.front.Principal.TopicGrant;
import org.jspecify.annotations.Nullable;

/**
 * One line of rules: what may be done, or may not, with the topics that match a filter. Immutable.
 *
 * @param filter a topic filter; in a pattern, with {@code %c} and {@code %u} in place of client id and user name
 */
record AclRule(String filter, Access access) {

    private static final String CLIENT_ID = "%c";
    private static final String USER_NAME = "%u";

    /** What a rule allows, or that it forbids all. */
    enum Access {
        READ,
        WRITE,
        READWRITE,
        DENY;

        boolean allows(Access wanted) {
            return this == wanted || this == READWRITE;
        }
    }

    static AclRule of(TopicGrant grant) {
        Access access = grant.read() && grant.write() ? Access.READWRITE : grant.read() ? Access.READ : Access.WRITE;
        return new AclRule(grant.filter(), access);
    }

    boolean denies() {
        return access == Access.DENY;
    }

    boolean matches(String topic) {
        return TopicFilters.matches(filter, topic);
    }

    /**
     * The rule that a pattern is for one client; null if it is none. Names that mean something in a filter get no rule: a
     * client named {@code #} would be given all topics, one named {@code a/b} those of another one, and one named {@code
     * $SYS} the server's.
     */
    @Nullable
    AclRule resolve(String clientId, @Nullable String userName) {
        StringBuilder resolved = new StringBuilder();
        int from = 0;
        while (true) {
            int at = filter.indexOf('%', from);
            if (at < 0) {
                break;
            }
            boolean client = filter.startsWith(CLIENT_ID, at);
            boolean user = filter.startsWith(USER_NAME, at);
            resolved.append(filter, from, at);
            if (!client && !user) {
                resolved.append('%');
                from = at + 1;
                continue;
            }
            String value = client ? clientId : userName;
            if (value == null || !isPlain(value) || (at == 0 && value.startsWith("$"))) {
                return null;
            }
            resolved.append(value); // Once: what a name contains is not looked at again.
            from = at + CLIENT_ID.length();
        }
        resolved.append(filter, from, filter.length());
        String text = resolved.toString();
        return TopicFilters.isValidFilter(text) ? new AclRule(text, access) : null;
    }

    private static boolean isPlain(String name) {
        return !name.isEmpty() && name.indexOf('/') < 0 && name.indexOf('+') < 0 && name.indexOf('#') < 0;
    }
}
