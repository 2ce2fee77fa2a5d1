package io.meshvine.node.security;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.function.LongSupplier;

/** Who may use the admin endpoint, by a file of users. Any thread; one password is checked at a time. */
public final class AdminLogins {

    private final PasswordCheck passwords;
    private final FailedLogins failedLogins;

    /**
     * Reads the file.
     *
     * @param nanoTime monotonic time
     */
    AdminLogins(Path file, LongSupplier nanoTime) throws SecurityFileException {
        this.passwords = new PasswordCheck("admin.password-file", file);
        this.failedLogins = new FailedLogins(nanoTime);
    }

    WatchedFiles files() {
        return passwords.files();
    }

    /** Whether that is the password of that user. Takes its time; an address that fails often waits. */
    public boolean mayEnter(String user, byte[] password, InetSocketAddress address) {
        if (passwords.known(user, password) != null) {
            return true;
        }
        synchronized (this) {
            if (!failedLogins.mayTry(address)) {
                return false;
            }
            if (passwords.check(user, password) != null) {
                return true;
            }
            failedLogins.failed(address);
            return false;
        }
    }
}
