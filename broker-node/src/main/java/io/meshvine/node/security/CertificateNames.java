package io.meshvine.node.security;

import io.meshvine.node.config.TlsConfig.Identity;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import org.jspecify.annotations.Nullable;

/** Reads who a certificate names. Stateless. */
final class CertificateNames {

    // Kinds of subject alternative names (RFC 5280, 4.2.1.6), in the order of preference.
    private static final int DNS_NAME = 2;
    private static final int MAIL_ADDRESS = 1;
    private static final int URI = 6;
    private static final List<Integer> PREFERENCE = List.of(DNS_NAME, MAIL_ADDRESS, URI);

    private CertificateNames() {}

    /** The name, or null if the certificate has none of that kind. */
    static @Nullable String name(X509Certificate certificate, Identity identity) {
        String name =
                switch (identity) {
                    case NONE -> null;
                    case CN -> commonName(certificate);
                    case SAN -> alternativeName(certificate);
                };
        return name == null || name.chars().anyMatch(Character::isISOControl) ? null : name;
    }

    private static @Nullable String commonName(X509Certificate certificate) {
        try {
            List<Rdn> parts = new LdapName(certificate.getSubjectX500Principal().getName()).getRdns();
            for (int i = parts.size() - 1; i >= 0; i--) { // the most specific one comes last
                Rdn part = parts.get(i);
                if (part.getType().equalsIgnoreCase("CN")
                        && part.getValue() instanceof String name
                        && !name.isEmpty()) {
                    return name;
                }
            }
            return null;
        } catch (InvalidNameException e) {
            return null;
        }
    }

    private static @Nullable String alternativeName(X509Certificate certificate) {
        Collection<List<?>> names;
        try {
            names = certificate.getSubjectAlternativeNames();
        } catch (CertificateParsingException e) {
            return null;
        }
        if (names == null) {
            return null;
        }
        for (int kind : PREFERENCE) {
            for (List<?> each : names) {
                if (each.get(0).equals(kind) && each.get(1) instanceof String name && !name.isEmpty()) {
                    return name;
                }
            }
        }
        return null;
    }
}
