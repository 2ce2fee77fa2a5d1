package io.meshvine.node.front;

import io.meshvine.node.routing.PublishRouter;
import io.meshvine.node.routing.Subscriptions;
import io.meshvine.node.routing.Wills;
import io.meshvine.node.session.Sessions;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What every connection works with.
 *
 * @param tls null where no listener has it
 * @param congestion of the mesh
 * @param unwritten of the store: only those wait who publish what it is to keep
 * @param wallMillis wall-clock time, milliseconds since 1970
 */
record Services(
        FrontOptions options,
        Sessions sessions,
        PublishRouter router,
        Subscriptions subscriptions,
        Wills wills,
        Homes homes,
        Engine engine,
        Authenticator authenticator,
        Authorizer authorizer,
        @Nullable TlsHandlers tls,
        TakeoverGate gate,
        FrontCounters counters,
        Congestion congestion,
        Congestion unwritten,
        UnsettledQos2 unsettledQos2,
        LogLimit logLimit,
        LongSupplier wallMillis) {}
