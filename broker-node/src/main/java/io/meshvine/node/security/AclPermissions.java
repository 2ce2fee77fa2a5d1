package io.meshvine.node.security;

import io.meshvine.mesh.interest.TopicFilters;
import io.meshvine.node.front.Client;
import io.meshvine.node.front.Permissions;
import io.meshvine.node.front.Principal;
import io.meshvine.node.security.AclRule.Access;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What one client may do by the rules in force. Rules are looked at in stages: those of the user, of its groups, of its
 * token, and the patterns; within a stage, what is denied goes first. The first rule that says something about a topic
 * decides; where none does, it is forbidden. Any thread; decisions are kept by topic until the rules change.
 */
final class AclPermissions implements Permissions {

    /** Topics for which decisions are kept; with more, they are made anew. */
    private static final int MAX_TOPICS = 1_024;

    private final AclAuthorizer authorizer;
    private final String clientId;
    private final Principal principal;
    private volatile @Nullable Resolved latest;

    AclPermissions(AclAuthorizer authorizer, Client client) {
        this.authorizer = authorizer;
        this.clientId = client.clientId();
        this.principal = client.principal();
    }

    /** The rules of this client, in stages, and what was decided by them. */
    private record Resolved(
            AclFile rules,
            List<List<AclRule>> stages,
            ConcurrentHashMap<String, Boolean> reads,
            ConcurrentHashMap<String, Boolean> writes) {}

    @Override
    public boolean mayPublish(String topic) {
        Resolved current = resolved();
        return decide(current, current.writes, topic, Access.WRITE);
    }

    @Override
    public boolean mayRead(String topic) {
        Resolved current = resolved();
        return decide(current, current.reads, topic, Access.READ);
    }

    /** Unless nothing of it may be read: of the rest, only what may be is delivered. */
    @Override
    public boolean maySubscribe(String filter) {
        List<AclRule> denied = new ArrayList<>();
        for (List<AclRule> stage : resolved().stages) {
            stage.stream().filter(AclRule::denies).forEach(denied::add);
            if (denied.stream().anyMatch(rule -> TopicFilters.covers(rule.filter(), filter))) {
                return false;
            }
            for (AclRule rule : stage) {
                if (rule.access().allows(Access.READ) && Filters.intersect(rule.filter(), filter)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean decide(
            Resolved current, ConcurrentHashMap<String, Boolean> decisions, String topic, Access wanted) {
        Boolean known = decisions.get(topic);
        if (known != null) {
            return known;
        }
        boolean decided = decide(current.stages, topic, wanted);
        if (decisions.size() >= MAX_TOPICS) {
            decisions.clear();
        }
        decisions.put(topic, decided);
        return decided;
    }

    private static boolean decide(List<List<AclRule>> stages, String topic, Access wanted) {
        for (List<AclRule> stage : stages) {
            boolean allowed = false;
            for (AclRule rule : stage) {
                boolean speaks = rule.denies() || (rule.access().allows(wanted) && !allowed);
                if (speaks && rule.matches(topic)) {
                    if (rule.denies()) {
                        return false;
                    }
                    allowed = true;
                }
            }
            if (allowed) {
                return true;
            }
        }
        return false;
    }

    @SuppressWarnings("ReferenceEquality") // rules that were read again are others
    private Resolved resolved() {
        Resolved known = latest;
        AclFile rules = authorizer.rules();
        if (known == null || known.rules != rules) {
            known = new Resolved(rules, stages(rules), new ConcurrentHashMap<>(8), new ConcurrentHashMap<>(8));
            latest = known;
        }
        return known;
    }

    private List<List<AclRule>> stages(AclFile rules) {
        String name = principal.name();
        List<AclRule> own = name == null ? rules.anonymous() : rules.users().getOrDefault(name, List.of());
        List<AclRule> ofGroups = new ArrayList<>();
        for (String group : groups(rules)) {
            ofGroups.addAll(rules.groups().getOrDefault(group, List.of()));
        }
        List<AclRule> granted =
                resolve(principal.grants().stream().map(AclRule::of).toList());
        return List.of(own, ofGroups, granted, resolve(rules.patterns()));
    }

    private Set<String> groups(AclFile rules) {
        Set<String> groups = new HashSet<>(principal.groups());
        String name = principal.name();
        if (name != null) {
            groups.addAll(rules.groupsOf().getOrDefault(name, Set.of()));
        }
        return groups;
    }

    private List<AclRule> resolve(List<AclRule> patterns) {
        return patterns.stream()
                .map(pattern -> pattern.resolve(clientId, principal.name()))
                .filter(Objects::nonNull)
                .toList();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof AclPermissions same
                && same.authorizer == authorizer
                && same.clientId.equals(clientId)
                && Objects.equals(same.principal.name(), principal.name())
                && same.principal.groups().equals(principal.groups())
                && same.principal.grants().equals(principal.grants());
    }

    @Override
    public int hashCode() {
        return Objects.hash(clientId, principal.name(), principal.groups(), principal.grants());
    }
}
