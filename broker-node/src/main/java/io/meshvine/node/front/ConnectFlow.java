package io.meshvine.node.front;

import io.meshvine.node.routing.Will;
import io.meshvine.node.session.ClientSession;
import io.meshvine.node.session.ConnectionFacts;
import io.meshvine.node.session.JournalUnit;
import io.meshvine.node.session.ReadPermit;
import io.meshvine.node.session.Sessions;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttReasonCodes;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From CONNECT to CONNACK, and the end of what began there: who the client is, whether it may connect, its turn for the
 * client id, its session and its will. Confined to the connection's loop.
 */
final class ConnectFlow {

    private static final Logger LOG = LoggerFactory.getLogger(ConnectFlow.class);

    /** What a client's key may have (the mesh takes no longer ones), and less characters than that always fit. */
    private static final int MAX_KEY_BYTES = 65_535;

    private static final int MAX_KEY_LENGTH = MAX_KEY_BYTES / 3;

    private static final String ELSEWHERE = "the client has connected at another node"; // [MQTT-3.1.4-3]

    private final Services services;
    private final ClientConnection connection;
    private @Nullable ConnectRequest request;
    private @Nullable Client client;
    /** {@link Principal#key}; of use once somebody is known. */
    private String key = "";

    private Permissions permissions = Permissions.all();
    private @Nullable OpenSession open;
    private long maxPacketSize = ConnectRequest.NO_PACKET_LIMIT;
    private boolean atGate;
    /** The mesh has not answered yet: this connection keeps its client id until then, ended or not. */
    private boolean claiming;

    private boolean answered;
    private @Nullable Future<?> proofExpiry;

    ConnectFlow(Services services, ClientConnection connection) {
        this.services = services;
        this.connection = connection;
    }

    /** A session held by this connection, and how it is to be left. */
    private static final class OpenSession {
        private final ClientSession session;
        private final boolean present;
        private final long fence;
        private long expirySeconds;
        private boolean willArmed;

        OpenSession(ClientSession session, boolean present, long expirySeconds, long fence) {
            this.session = session;
            this.present = present;
            this.fence = fence;
            this.expirySeconds = expirySeconds;
        }
    }

    /** Whether the client's session is open for this connection. */
    boolean hasSession() {
        return open != null;
    }

    /** Whether a CONNACK was written. */
    boolean answered() {
        return answered;
    }

    // ---- The way in

    void onConnect(MqttConnectMessage message) {
        maxPacketSize = ConnectRequest.packetLimit(message);
        ConnectRequest asked;
        try {
            asked = ConnectRequest.parse(message);
        } catch (ConnectRefused refused) {
            refuse(refused.refusal(), String.valueOf(refused.getMessage()), refused.version5());
            return;
        }
        request = asked;
        connection.pauses().pause(ReadPauses.Cause.CONNECTING);
        services.authenticator()
                .authenticate(new Authenticator.Credentials(
                        asked.clientId(), asked.username(), asked.password(), address(), connection.certificate()))
                .whenComplete((decision, failure) -> connection.onLoop(() -> onDecision(asked, decision, failure)));
    }

    private void onDecision(
            ConnectRequest asked, Authenticator.@Nullable Decision decision, @Nullable Throwable failure) {
        if (connection.ended()) {
            return;
        }
        if (decision == null) {
            if (services.logLimit().allows()) {
                LOG.warn("authentication failed to answer", failure);
            }
            refuse(Refusal.SERVER_BUSY, "authentication is not available");
            return;
        }
        Principal principal = decision.principal();
        if (principal != null && decision.verdict() == Authenticator.Verdict.ACCEPTED) {
            authorize(asked, principal);
            return;
        }
        switch (decision.verdict()) {
            case BAD_CREDENTIALS -> refuse(Refusal.BAD_CREDENTIALS, "bad user name or password");
            case BUSY -> refuse(Refusal.SERVER_BUSY, "too many clients are being checked");
            case TOO_MANY_FAILURES -> refuse(Refusal.CONNECTION_RATE_EXCEEDED, "too many failed attempts");
            default -> refuse(Refusal.NOT_AUTHORIZED, "not authorized to connect");
        }
    }

    private void authorize(ConnectRequest asked, Principal principal) {
        Client known = new Client(asked.clientId(), principal, address());
        Permissions granted = services.authorizer().permissions(known);
        Will will = asked.will();
        if (will != null && !PublishFlow.mayPublish(granted, will.topic())) {
            refuse(Refusal.NOT_AUTHORIZED, "not authorized to publish the will"); // MQTT 5, 3.1.4
            return;
        }
        String own = principal.key(asked.clientId());
        if (own.length() > MAX_KEY_LENGTH && ByteBufUtil.utf8Bytes(own) > MAX_KEY_BYTES) {
            refuse(Refusal.CLIENT_IDENTIFIER_NOT_VALID, "user name and client id are too long together");
            return;
        }
        key = own;
        client = known;
        permissions = granted;
        atGate = true;
        services.gate().enter(key, connection); // [MQTT-3.1.4-3]
    }

    /** The client id is this connection's alone, at this node: claims it in the mesh. */
    void admitted() {
        ConnectRequest asked = request;
        Client known = client;
        if (connection.ended() || asked == null || known == null) {
            leaveGate();
            return;
        }
        long expiry = Math.min(asked.sessionExpirySeconds(), services.options().maxSessionExpirySeconds());
        claiming = true;
        services.homes().claim(key, asked.cleanStart(), expiry > 0, new Homes.Claimant() {
            @Override
            public void granted(long fence) {
                connection.onLoop(() -> open(asked, known, expiry, fence));
            }

            @Override
            public void lost() {
                connection.onLoop(() -> {
                    claiming = false;
                    refuse(Refusal.SERVER_BUSY, ELSEWHERE);
                    leaveGate();
                });
            }
        });
    }

    /** The client is at home here: opens the session and has the engine connect it. */
    private void open(ConnectRequest asked, Client known, long expiry, long fence) {
        claiming = false;
        boolean goesElsewhere = services.gate().isReserved(key); // since the claim was granted
        if (goesElsewhere || connection.ended()) {
            services.homes().left(key, fence, services.sessions().get(key) != null);
            refuse(Refusal.SERVER_BUSY, ELSEWHERE);
            leaveGate();
            return;
        }
        Sessions.@Nullable OpenResult result = services.sessions().open(key, asked.cleanStart(), expiry, fence);
        if (result == null) {
            services.homes().left(key, fence, false);
            refuse(Refusal.QUOTA_EXCEEDED, "too many sessions");
            return;
        }
        OpenSession held = new OpenSession(result.session(), result.present(), expiry, fence);
        open = held;
        services.subscriptions()
                .permit(result.session(), permissions == Permissions.all() ? ReadPermit.ALL : permissions);
        JournalUnit kept = result.kept();
        if (kept == null) {
            connect(asked, known, held);
        } else {
            // CONNACK makes promises that have to hold after a crash too.
            kept.whenDurable(() -> connection.onLoop(() -> connect(asked, known, held)));
        }
    }

    private void connect(ConnectRequest asked, Client known, OpenSession held) {
        if (connection.ended()) {
            return;
        }
        // A will of the last connection that still waits for its delay is not sent (MQTT 5, 3.1.3.2.2); where Clean
        // Start
        // ended that session, it has been sent by now.
        services.wills().disarm(key);
        if (asked.will() != null) {
            services.wills().arm(key, asked.will(), held.expirySeconds, mayPublishWill(asked.will()));
            held.willArmed = true;
        }
        services.wills().connected(key);
        limitBy(known.principal());
        connection.serve(established(asked, known, held));
        connection.context().fireChannelRead(EngineConnect.of(key, keepAlive(asked)));
    }

    /** Whether the will may be published when it is due: what the client may do can change until then. */
    private BooleanSupplier mayPublishWill(Will will) {
        Permissions granted = permissions;
        return () -> granted.mayPublish(will.topic());
    }

    private ClientConnection.Served established(ConnectRequest asked, Client known, OpenSession held) {
        OutboundAliases aliases = new OutboundAliases(
                Math.min(asked.aliasMaximum(), services.options().topicAliasMaximum()));
        return new ClientConnection.Served(
                asked,
                known,
                held.session,
                facts(asked, known),
                new PublishEncoder(asked.version5(), asked.maxPacketSize(), aliases),
                new PublishFlow(services, connection, asked, permissions, held.session),
                new SubscribeFlow(services, connection, asked, permissions, held.session));
    }

    private ConnectionFacts facts(ConnectRequest asked, Client known) {
        return new ConnectionFacts(
                asked.version(),
                known.address() instanceof InetSocketAddress from
                        ? NetUtil.toSocketAddressString(from)
                        : String.valueOf(known.address()),
                connection.transport().setting(),
                keepAlive(asked),
                services.wallMillis().getAsLong());
    }

    /** A proof that expires ends the connection; the loop forgets it should the connection end before. */
    private void limitBy(Principal principal) {
        if (principal.validUntilMillis() != Principal.FOREVER) {
            long left = principal.validUntilMillis() - services.wallMillis().getAsLong();
            proofExpiry = connection
                    .context()
                    .executor()
                    .schedule(
                            () -> connection.disconnect(
                                    MqttReasonCodes.Disconnect.NOT_AUTHORIZED, "the credentials have expired"),
                            Math.max(0, left),
                            TimeUnit.MILLISECONDS);
        }
    }

    /** Users or keys have changed: ends the connection of a client that would not be accepted any more, without its will. */
    void recheck() {
        Client known = client;
        if (known == null || connection.ended() || services.authenticator().isStillValid(known.principal())) {
            return;
        }
        OpenSession held = open;
        if (held != null && held.willArmed) {
            held.willArmed = false;
            services.wills().forbid(key);
        }
        if (answered) {
            connection.disconnect(MqttReasonCodes.Disconnect.NOT_AUTHORIZED, "the credentials do not hold any more");
        } else {
            refuse(Refusal.NOT_AUTHORIZED, "the credentials do not hold any more");
        }
    }

    /** Seconds of keep alive in force; a cap is told to MQTT 5 clients only, so it binds them only [MQTT-3.1.2-21]. */
    private int keepAlive(ConnectRequest asked) {
        int cap = (int) services.options().maxKeepAlive().toSeconds();
        boolean over = asked.keepAliveSeconds() == 0 || asked.keepAliveSeconds() > cap;
        return cap > 0 && asked.version5() && over ? cap : asked.keepAliveSeconds();
    }

    // ---- The answer

    /** The CONNACK that the engine's stands for, with what is really granted (MQTT 5, 3.2). */
    MqttConnAckMessage answer(MqttConnAckMessage engines) {
        ConnectRequest asked = request;
        OpenSession held = open;
        if (asked == null || held == null) {
            throw new IllegalStateException("the engine answered a CONNECT that it was not given");
        }
        answered = true;
        MqttConnectReturnCode code = engines.variableHeader().connectReturnCode();
        if (code != MqttConnectReturnCode.CONNECTION_ACCEPTED) {
            services.counters().connect(Refusal.UNSPECIFIED.label());
            return ConnackWriter.refused(
                    Refusal.UNSPECIFIED, "the session could not be opened", asked.version5(), maxPacketSize);
        }
        services.counters().connect("accepted");
        return ConnackWriter.accepted(asked, held.present, held.expirySeconds, keepAlive(asked), services.options());
    }

    void refuse(Refusal refusal, String why) {
        refuse(refusal, why, request != null && request.version5());
    }

    /** Answers CONNECT with a refusal, as far as the client's version has one, and ends the connection. */
    void refuse(Refusal refusal, String why, boolean version5) {
        if (connection.ended()) {
            return;
        }
        LOG.debug("refusing {}: {}", address(), why);
        services.counters().connect(refusal.label());
        answered = true;
        MqttConnAckMessage connack =
                refusal.code(version5) == null ? null : ConnackWriter.refused(refusal, why, version5, maxPacketSize);
        connection.leave("refused", connack);
    }

    // ---- The way out

    /** The client says good-bye (MQTT 5, 3.14). */
    void onDisconnect(byte reason, @Nullable Long newExpirySeconds) throws ProtocolViolation {
        ConnectRequest asked = request;
        OpenSession held = open;
        if (asked == null || held == null) {
            return;
        }
        if (newExpirySeconds != null) {
            if (asked.sessionExpirySeconds() == 0 && newExpirySeconds != 0) {
                // MQTT 5, 3.14.2.2.2
                throw ProtocolViolation.protocolError("session expiry of 0 in CONNECT is final");
            }
            held.expirySeconds = Math.min(newExpirySeconds, services.options().maxSessionExpirySeconds());
        }
        if (reason == MqttReasonCodes.Disconnect.NORMAL_DISCONNECT.byteValue()) {
            services.wills().disarm(key); // [MQTT-3.14.4-3], [MQTT-3.1.2-10]
            held.willArmed = false;
        }
    }

    /** The connection is over and the engine has let go: will, session and client id, in this order. */
    void end() {
        OpenSession held = open;
        ConnectRequest asked = request;
        open = null;
        if (proofExpiry != null) {
            proofExpiry.cancel(false);
        }
        try {
            if (held != null && asked != null) {
                if (held.willArmed) {
                    services.wills().connectionLost(key, held.expirySeconds); // [MQTT-3.1.2-8]
                }
                services.wills().departed(key);
                services.sessions().closed(held.session, held.expirySeconds);
                services.homes().left(key, held.fence, !held.session.isEnded());
            }
        } finally {
            if (!claiming) {
                leaveGate();
            }
        }
    }

    private void leaveGate() {
        if (atGate && request != null) {
            atGate = false;
            services.gate().leave(key, connection);
        }
    }

    private java.net.SocketAddress address() {
        return connection.context().channel().remoteAddress();
    }
}
