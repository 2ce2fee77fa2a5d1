package io.meshvine.node.identity;

import io.meshvine.mesh.NodeId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's key pair (Ed25519, RFC 8032) and the name that follows from it: the first 128 bits of the SHA-256 of the
 * public key's SubjectPublicKeyInfo. Kept in one PEM file with both halves, PKCS #8 and SubjectPublicKeyInfo (RFC 7468),
 * because PKCS #8 as the JDK writes it does not carry the public half.
 */
public record NodeIdentity(NodeId id, KeyPair keys) {

    private static final Logger LOG = LoggerFactory.getLogger(NodeIdentity.class);
    private static final String ALGORITHM = "Ed25519";
    private static final String REMEDY =
            "restore it from a backup, or move the whole folder away to start as a new node";
    private static final String OWN = "PRIVATE KEY";
    private static final String SHOWN = "PUBLIC KEY";

    /** Starts a line of text before the blocks, as RFC 7468 2 allows. */
    private static final String CHECKSUM = "meshvine-identity-sha256: ";

    private static final byte[] PROBE = {'m', 'e', 's', 'h', 'v', 'i', 'n', 'e'};

    /** Makes a new identity and keeps it in the file. */
    static NodeIdentity create(Path file) throws IOException {
        try {
            KeyPair keys = KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair();
            String blocks = pem(OWN, keys.getPrivate().getEncoded())
                    + pem(SHOWN, keys.getPublic().getEncoded());
            DurableFile.replace(file, CHECKSUM + checksum(blocks) + "\n" + blocks);
            return of(keys);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java cannot make " + ALGORITHM + " keys", e);
        }
    }

    /** Reads what {@link #create} wrote. */
    static NodeIdentity read(Path file) throws IOException {
        String text = Files.readString(file);
        if (DurableFile.isReadableByOthers(file)) {
            LOG.warn("{} holds the node's private key and others can read it: chmod 600 it", file);
        }
        try {
            KeyFactory factory = KeyFactory.getInstance(ALGORITHM);
            PrivateKey own = factory.generatePrivate(new PKCS8EncodedKeySpec(block(text, OWN)));
            PublicKey shown = factory.generatePublic(new X509EncodedKeySpec(block(text, SHOWN)));
            if (!isUnchanged(text) && !belongTogether(own, shown)) {
                throw new DataDirException(file, "its two keys do not belong together", REMEDY);
            }
            return of(new KeyPair(shown, own));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new DataDirException(file, "is no " + ALGORITHM + " key pair in PEM", REMEDY, e);
        }
    }

    /** The name of the node that owns a key. */
    public static NodeId idOf(PublicKey key) {
        ByteBuffer hash = ByteBuffer.wrap(sha256(key.getEncoded()));
        return new NodeId(hash.getLong(), hash.getLong());
    }

    /** Shows the name only, never a key. */
    @Override
    public String toString() {
        return "NodeIdentity[" + id + "]";
    }

    private static NodeIdentity of(KeyPair keys) {
        return new NodeIdentity(idOf(keys.getPublic()), keys);
    }

    /**
     * Whether this is what {@link #create} wrote. It spares the test by signature at each start, for which the JDK
     * compiles its arithmetic first.
     */
    private static boolean isUnchanged(String text) {
        int end = text.indexOf('\n');
        return text.startsWith(CHECKSUM) && text.substring(0, end).equals(CHECKSUM + checksum(text.substring(end + 1)));
    }

    private static String checksum(String blocks) {
        return HexFormat.of().formatHex(sha256(blocks.getBytes(StandardCharsets.US_ASCII)));
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static boolean belongTogether(PrivateKey own, PublicKey shown) throws GeneralSecurityException {
        Signature signer = Signature.getInstance(ALGORITHM);
        signer.initSign(own);
        signer.update(PROBE);
        byte[] signature = signer.sign();
        signer.initVerify(shown);
        signer.update(PROBE);
        return signer.verify(signature);
    }

    private static String pem(String label, byte[] der) {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
    }

    private static byte[] block(String text, String label) {
        Matcher match = Pattern.compile("-----BEGIN " + label + "-----([A-Za-z0-9+/=\\s]+)-----END " + label + "-----")
                .matcher(text);
        if (!match.find()) {
            throw new IllegalArgumentException("no " + label);
        }
        return Base64.getMimeDecoder().decode(match.group(1));
    }
}
