package io.meshvine.node.security;

import io.meshvine.mesh.interest.TopicFilters;
import io.meshvine.node.config.SecurityConfig.JwtConfig;
import io.meshvine.node.front.Principal;
import io.meshvine.node.front.Principal.TopicGrant;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.MalformedClaimException;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.JwtConsumer;
import org.jose4j.jwt.consumer.JwtConsumerBuilder;
import org.jose4j.keys.resolvers.JwksVerificationKeyResolver;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks JSON Web Tokens (RFC 7519) against a key set in a file (RFC 7517) that is read again when it changes. Only
 * signatures with public keys count: RSA, ECDSA and EdDSA. Any thread.
 *
 * <p>Beside the registered claims a token may have {@code groups}, a list of names, and {@code acl}, an object of lists of
 * topic filters named {@code pub}, {@code sub} and {@code all}.
 */
final class TokenCheck {

    private static final Logger LOG = LoggerFactory.getLogger(TokenCheck.class);

    private static final String SETTING = "security.jwt.jwks-file";
    private static final String GROUPS = "groups";
    private static final String TOPICS = "acl";
    private static final int CLOCK_SKEW_SECONDS = 30;
    private static final long MILLIS_PER_SECOND = 1_000;

    /** More of them, or of topics, is taken for an attack. */
    private static final int MAX_ENTRIES = 256;

    private static final AlgorithmConstraints SIGNATURES = new AlgorithmConstraints(
            ConstraintType.PERMIT,
            AlgorithmIdentifiers.RSA_USING_SHA256,
            AlgorithmIdentifiers.RSA_USING_SHA384,
            AlgorithmIdentifiers.RSA_USING_SHA512,
            AlgorithmIdentifiers.RSA_PSS_USING_SHA256,
            AlgorithmIdentifiers.RSA_PSS_USING_SHA384,
            AlgorithmIdentifiers.RSA_PSS_USING_SHA512,
            AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256,
            AlgorithmIdentifiers.ECDSA_USING_P384_CURVE_AND_SHA384,
            AlgorithmIdentifiers.ECDSA_USING_P521_CURVE_AND_SHA512,
            AlgorithmIdentifiers.EDDSA);

    private final JwtConfig config;
    private final WatchedFiles files;
    private volatile @Nullable JwtConsumer consumer;

    TokenCheck(JwtConfig config) throws SecurityFileException {
        this.config = config;
        this.files = WatchedFiles.read(List.of(config.jwksFile()), () -> consumer = consumer(keys()));
    }

    /** Somebody's token, to be checked again when the keys change. */
    private record Token(String compact) {
        @Override
        public String toString() {
            return "Token[***]";
        }
    }

    WatchedFiles files() {
        return files;
    }

    /** Whether a password can only be meant as a token: three parts, the first of which is JSON in base64url. */
    static boolean looksLikeToken(byte @Nullable [] password) {
        if (password == null || password.length < 3 || password[0] != 'e' || password[1] != 'y') {
            return false;
        }
        int dots = 0;
        for (byte each : password) {
            dots += each == '.' ? 1 : 0;
        }
        return dots == 2;
    }

    /** Who a token names; null if it is not valid, or not now. */
    @Nullable
    Principal check(byte[] token) {
        String compact = new String(token, StandardCharsets.US_ASCII);
        JwtClaims claims = claims(compact);
        if (claims == null) {
            return null;
        }
        try {
            String name = claims.getClaimValue(config.userClaim(), String.class);
            if (name == null || name.isEmpty() || name.chars().anyMatch(Character::isISOControl)) {
                LOG.debug("a token has no {} that can be a user's name", config.userClaim());
                return null;
            }
            return new Principal(
                    name,
                    groups(claims),
                    grants(claims),
                    claims.getExpirationTime().getValueInMillis() + CLOCK_SKEW_SECONDS * MILLIS_PER_SECOND,
                    new Token(compact));
        } catch (MalformedClaimException | IllegalArgumentException malformed) {
            LOG.debug("a token has claims that cannot be read: {}", malformed.getMessage());
            return null;
        }
    }

    /** Whether what somebody was accepted with would be accepted now. */
    boolean isCurrent(Object proof) {
        return !(proof instanceof Token token) || claims(token.compact) != null;
    }

    private @Nullable JwtClaims claims(String compact) {
        JwtConsumer current = consumer;
        try {
            return current == null ? null : current.processToClaims(compact);
        } catch (InvalidJwtException invalid) {
            LOG.debug("a token is not valid: {}", invalid.getErrorDetails());
            return null;
        }
    }

    private List<JsonWebKey> keys() throws SecurityFileException {
        List<JsonWebKey> keys;
        try {
            keys = new JsonWebKeySet(TextFile.text(SETTING, config.jwksFile())).getJsonWebKeys();
        } catch (JoseException e) {
            throw new SecurityFileException(SETTING, config.jwksFile(), "is no JSON Web Key Set: " + e.getMessage());
        }
        if (keys.stream().noneMatch(PublicJsonWebKey.class::isInstance)) {
            throw new SecurityFileException(SETTING, config.jwksFile(), "has no public key");
        }
        return keys;
    }

    private JwtConsumer consumer(List<JsonWebKey> keys) {
        JwksVerificationKeyResolver resolver = new JwksVerificationKeyResolver(keys);
        resolver.setDisambiguateWithVerifySignature(true); // where tokens do not say which key
        JwtConsumerBuilder builder = new JwtConsumerBuilder()
                .setVerificationKeyResolver(resolver)
                .setJwsAlgorithmConstraints(SIGNATURES)
                .setRequireExpirationTime()
                .setAllowedClockSkewInSeconds(CLOCK_SKEW_SECONDS);
        String audience = config.audience();
        if (audience == null) {
            builder.setSkipDefaultAudienceValidation();
        } else {
            builder.setExpectedAudience(audience);
        }
        String issuer = config.issuer();
        if (issuer != null) {
            builder.setExpectedIssuer(issuer);
        }
        return builder.build();
    }

    private static Set<String> groups(JwtClaims claims) {
        return new HashSet<>(texts(claims.getClaimValue(GROUPS)));
    }

    private static List<TopicGrant> grants(JwtClaims claims) {
        Object acl = claims.getClaimValue(TOPICS);
        if (acl == null) {
            return List.of();
        }
        if (!(acl instanceof Map<?, ?> lists)) {
            throw new IllegalArgumentException(TOPICS + " is no object");
        }
        List<TopicGrant> grants = new ArrayList<>();
        texts(lists.get("pub")).forEach(filter -> grants.add(new TopicGrant(valid(filter), false, true)));
        texts(lists.get("sub")).forEach(filter -> grants.add(new TopicGrant(valid(filter), true, false)));
        texts(lists.get("all")).forEach(filter -> grants.add(new TopicGrant(valid(filter), true, true)));
        return grants;
    }

    private static String valid(String filter) {
        if (!TopicFilters.isValidFilter(filter)) {
            throw new IllegalArgumentException("not a topic filter: " + filter);
        }
        return filter;
    }

    private static List<String> texts(@Nullable Object value) {
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof List<?> list) || list.size() > MAX_ENTRIES) {
            throw new IllegalArgumentException("no list of at most " + MAX_ENTRIES + " texts");
        }
        List<String> texts = new ArrayList<>();
        for (Object each : list) {
            if (!(each instanceof String text)) {
                throw new IllegalArgumentException("no text: " + each);
            }
            texts.add(text);
        }
        return texts;
    }
}
