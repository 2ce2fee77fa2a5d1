package io.meshvine.node.security;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.openssl.PEMEncryptedKeyPair;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;
import org.jspecify.annotations.Nullable;

/** Reads certificates and private keys as OpenSSL writes them: PEM, keys in PKCS#8, PKCS#1 or SEC 1. Stateless. */
final class PemFiles {

    private static final int PROOF_LENGTH = 32;

    private PemFiles() {}

    /** All certificates of a file, in its order. */
    static X509Certificate[] certificates(String setting, Path file) throws SecurityFileException {
        List<X509Certificate> certificates = new ArrayList<>();
        JcaX509CertificateConverter converter = new JcaX509CertificateConverter();
        for (Object found : objects(setting, file)) {
            if (found instanceof X509CertificateHolder holder) {
                try {
                    certificates.add(converter.getCertificate(holder));
                } catch (CertificateException e) {
                    throw new SecurityFileException(setting, file, "has a certificate that cannot be read: " + e);
                }
            }
        }
        if (certificates.isEmpty()) {
            throw new SecurityFileException(setting, file, "has no certificate in PEM (BEGIN CERTIFICATE)");
        }
        return certificates.toArray(X509Certificate[]::new);
    }

    /** The first private key of a file. */
    static PrivateKey privateKey(String setting, Path file) throws SecurityFileException {
        for (Object found : objects(setting, file)) {
            if (found instanceof PEMEncryptedKeyPair || found instanceof PKCS8EncryptedPrivateKeyInfo) {
                throw new SecurityFileException(
                        setting, file, "is encrypted; decrypt it: openssl pkey -in ... -out ...");
            }
            PrivateKeyInfo key = keyOf(found);
            if (key != null) {
                try {
                    return new JcaPEMKeyConverter().getPrivateKey(key);
                } catch (IOException e) {
                    throw new SecurityFileException(setting, file, "has a key of a kind that is not known: " + e);
                }
            }
        }
        throw new SecurityFileException(setting, file, "has no private key in PEM (BEGIN PRIVATE KEY)");
    }

    private static @Nullable PrivateKeyInfo keyOf(Object found) {
        if (found instanceof PEMKeyPair pair) {
            return pair.getPrivateKeyInfo();
        }
        return found instanceof PrivateKeyInfo info ? info : null;
    }

    /** Whether a key is that of a certificate. */
    static boolean belongTogether(PrivateKey key, X509Certificate certificate) {
        byte[] proof = new byte[PROOF_LENGTH];
        new SecureRandom().nextBytes(proof);
        PublicKey publicKey = certificate.getPublicKey();
        try {
            Signature signature = Signature.getInstance(
                    switch (key.getAlgorithm()) {
                        case "RSA" -> "SHA256withRSA";
                        case "EC" -> "SHA256withECDSA";
                        default -> key.getAlgorithm();
                    });
            signature.initSign(key);
            signature.update(proof);
            byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            signature.update(proof);
            return signature.verify(signed);
        } catch (GeneralSecurityException differentKinds) {
            return false;
        }
    }

    private static List<Object> objects(String setting, Path file) throws SecurityFileException {
        List<Object> objects = new ArrayList<>();
        try (Reader text = Files.newBufferedReader(file);
                PEMParser parser = new PEMParser(text)) {
            Object next;
            while ((next = parser.readObject()) != null) {
                objects.add(next);
            }
        } catch (IOException e) {
            throw SecurityFileException.unreadable(setting, file, e);
        }
        return objects;
    }
}
