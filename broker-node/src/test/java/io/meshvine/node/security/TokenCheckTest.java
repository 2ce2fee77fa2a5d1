package io.meshvine.node.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meshvine.node.config.SecurityConfig.JwtConfig;
import io.meshvine.node.front.Principal;
import io.meshvine.node.front.Principal.TopicGrant;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jose4j.jwk.EcJwkGenerator;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.OctJwkGenerator;
import org.jose4j.jwk.OkpJwkGenerator;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.RsaJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.keys.HmacKey;
import org.jose4j.lang.JoseException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** JSON Web Tokens in place of passwords. */
class TokenCheckTest {

    @TempDir
    Path folder;

    private PublicJsonWebKey key;
    private Path jwks;

    @BeforeEach
    void generate() throws Exception {
        key = EcJwkGenerator.generateJwk(EllipticCurves.P256);
        key.setKeyId("k1");
        jwks = write(key);
    }

    private Path write(JsonWebKey... keys) throws Exception {
        return Files.writeString(
                folder.resolve("jwks.json"), new JsonWebKeySet(keys).toJson(JsonWebKey.OutputControlLevel.PUBLIC_ONLY));
    }

    private TokenCheck check() throws SecurityFileException {
        return new TokenCheck(new JwtConfig(jwks, null, null, "sub"));
    }

    private static JwtClaims claims(Consumer<JwtClaims> more) {
        JwtClaims claims = new JwtClaims();
        claims.setSubject("meter-7");
        claims.setExpirationTimeMinutesInTheFuture(10);
        more.accept(claims);
        return claims;
    }

    private static byte[] sign(PublicJsonWebKey with, String algorithm, JwtClaims claims) throws JoseException {
        JsonWebSignature signature = new JsonWebSignature();
        signature.setPayload(claims.toJson());
        signature.setKey(with.getPrivateKey());
        signature.setKeyIdHeaderValue(with.getKeyId());
        signature.setAlgorithmHeaderValue(algorithm);
        return signature.getCompactSerialization().getBytes(StandardCharsets.US_ASCII);
    }

    @ParameterizedTest
    @ValueSource(strings = {"RS256", "RS512", "PS256", "ES256", "ES384", "EdDSA"})
    void takesEachKindOfSignature(String algorithm) throws Exception {
        PublicJsonWebKey signer =
                switch (algorithm) {
                    case "ES256" -> EcJwkGenerator.generateJwk(EllipticCurves.P256);
                    case "ES384" -> EcJwkGenerator.generateJwk(EllipticCurves.P384);
                    case "EdDSA" -> OkpJwkGenerator.generateJwk("Ed25519");
                    default -> RsaJwkGenerator.generateJwk(2048);
                };
        signer.setKeyId("this");
        write(key, signer);
        byte[] token = sign(signer, algorithm, claims(claims -> {}));
        assertThat(TokenCheck.looksLikeToken(token)).isTrue();
        assertThat(check().check(token)).extracting(Principal::name).isEqualTo("meter-7");
    }

    @Test
    void findsTheKeyOfATokenThatDoesNotSay() throws Exception {
        PublicJsonWebKey other = EcJwkGenerator.generateJwk(EllipticCurves.P256);
        write(other, key);
        key.setKeyId(null);
        assertThat(check().check(sign(key, "ES256", claims(claims -> {})))).isNotNull();
    }

    @Test
    void refusesForeignSignaturesAndTamperedTokens() throws Exception {
        TokenCheck check = check();
        PublicJsonWebKey foreign = EcJwkGenerator.generateJwk(EllipticCurves.P256);
        foreign.setKeyId("k1");
        assertThat(check.check(sign(foreign, "ES256", claims(claims -> {})))).isNull();

        String good = new String(sign(key, "ES256", claims(claims -> {})), StandardCharsets.US_ASCII);
        String[] parts = good.split("\\.", -1);
        String forged = parts[0] + "."
                + Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString(claims(claims -> claims.setSubject("admin"))
                                .toJson()
                                .getBytes(StandardCharsets.UTF_8))
                + "." + parts[2];
        assertThat(check.check(forged.getBytes(StandardCharsets.US_ASCII))).isNull();
        assertThat(check.check("eyJ.x.y".getBytes(StandardCharsets.US_ASCII))).isNull();
    }

    @Test
    void refusesTokensWithoutSignatureAndThoseSignedWithAPublicKeyAsASecret() throws Exception {
        RsaJsonWebKey rsa = RsaJwkGenerator.generateJwk(2048);
        rsa.setKeyId("rsa");
        write(rsa, OctJwkGenerator.generateJwk(256), key);
        TokenCheck check = check();
        String header = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString("{\"alg\":\"none\"}".getBytes(StandardCharsets.UTF_8));
        String body = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(claims(claims -> {}).toJson().getBytes(StandardCharsets.UTF_8));
        assertThat(check.check((header + "." + body + ".").getBytes(StandardCharsets.US_ASCII)))
                .isNull();

        JsonWebSignature confused = new JsonWebSignature();
        confused.setPayload(claims(claims -> {}).toJson());
        confused.setAlgorithmHeaderValue("HS256");
        confused.setKeyIdHeaderValue("rsa");
        confused.setKey(new HmacKey(rsa.getRsaPublicKey().getEncoded()));
        assertThat(check.check(confused.getCompactSerialization().getBytes(StandardCharsets.US_ASCII)))
                .isNull();
    }

    @Test
    void refusesTokensThatAreOverOrNeverEnd() throws Exception {
        TokenCheck check = check();
        assertThat(check.check(sign(key, "ES256", claims(claims -> claims.setExpirationTimeMinutesInTheFuture(-1)))))
                .isNull();
        assertThat(check.check(sign(key, "ES256", claims(claims -> claims.unsetClaim("exp")))))
                .isNull();
        assertThat(check.check(sign(key, "ES256", claims(claims -> claims.setNotBeforeMinutesInThePast(-5)))))
                .isNull();
        assertThat(check.check(sign(key, "ES256", claims(claims -> claims.unsetClaim("sub")))))
                .isNull();
    }

    @Test
    void issuerAudienceAndUserClaimAreChecked() throws Exception {
        TokenCheck check = new TokenCheck(new JwtConfig(jwks, "https://issuer", "mesh", "device"));
        Consumer<JwtClaims> right = claims -> {
            claims.setIssuer("https://issuer");
            claims.setAudience("other", "mesh");
            claims.setStringClaim("device", "d1");
        };
        assertThat(check.check(sign(key, "ES256", claims(right))))
                .extracting(Principal::name)
                .isEqualTo("d1");
        assertThat(check.check(sign(key, "ES256", claims(right.andThen(claims -> claims.setIssuer("https://eve"))))))
                .isNull();
        assertThat(check.check(sign(key, "ES256", claims(right.andThen(claims -> claims.setAudience("other"))))))
                .isNull();
    }

    @Test
    void groupsAndTopicsComeFromClaims() throws Exception {
        Principal granted = check().check(sign(key, "ES256", claims(claims -> {
            claims.setStringListClaim("groups", "operators");
            claims.setClaim("acl", Map.of("pub", List.of("up/#"), "sub", List.of("down/+"), "all", List.of("chat")));
        })));
        assertThat(granted).isNotNull();
        assertThat(granted.groups()).containsExactly("operators");
        assertThat(granted.grants())
                .containsExactlyInAnyOrder(
                        new TopicGrant("up/#", false, true),
                        new TopicGrant("down/+", true, false),
                        new TopicGrant("chat", true, true));
        assertThat(check().check(sign(key, "ES256", claims(claims -> claims.setClaim("acl", "everything")))))
                .as("garbled claims grant nothing, not everything")
                .isNull();
        assertThat(check().check(sign(
                        key, "ES256", claims(claims -> claims.setClaim("acl", Map.of("sub", List.of("a/#/b")))))))
                .isNull();
    }

    @Test
    void aKeyThatIsRemovedTakesItsTokensWithIt() throws Exception {
        TokenCheck check = check();
        Principal principal = check.check(sign(key, "ES256", claims(claims -> {})));
        assertThat(principal).isNotNull();
        assertThat(check.isCurrent(principal.proof())).isTrue();
        write(EcJwkGenerator.generateJwk(EllipticCurves.P256));
        assertThat(check.files().readNow()).isTrue();
        assertThat(check.isCurrent(principal.proof())).isFalse();
    }

    @Test
    void refusesFilesThatAreNoKeySets() throws Exception {
        for (String text : List.of("", "{}", "[1]", "{\"keys\":[]}", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}")) {
            Files.writeString(jwks, text);
            assertThatThrownBy(this::check).as(text).isInstanceOf(SecurityFileException.class);
        }
    }
}
