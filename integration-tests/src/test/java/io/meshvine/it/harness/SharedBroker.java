package io.meshvine.it.harness;

import io.meshvine.harness.NodeLaunch;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * One broker for all tests of a run: a mesh of three nodes, or with {@code -Dmeshvine.it.broker=mosquitto} Mosquitto.
 * Tests share it, so each keeps to topics and client identifiers of its own.
 */
public final class SharedBroker implements BeforeAllCallback, ParameterResolver, TestWatcher {

    static final String BROKER_PROPERTY = "meshvine.it.broker";
    private static final String MOSQUITTO = "mosquitto";
    private static final int NODES = 3;
    private static final Namespace NAMESPACE = Namespace.create(SharedBroker.class);

    static boolean isMosquitto() {
        return MOSQUITTO.equals(System.getProperty(BROKER_PROPERTY));
    }

    /** The broker; started at first use, closed at the end of the run. */
    static Broker of(ExtensionContext context) {
        return context.getRoot()
                .getStore(NAMESPACE)
                .computeIfAbsent(
                        Broker.class, key -> isMosquitto() ? Mosquitto.start() : Mesh.of("mesh", NODES), Broker.class);
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        Assumptions.assumeTrue(isMosquitto() || isNodeBuilt(), "no node to test");
    }

    private static boolean isNodeBuilt() {
        String resource = NodeLaunch.MAIN_CLASS.replace('.', '/') + ".class";
        return SharedBroker.class.getClassLoader().getResource(resource) != null;
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Broker.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return of(context);
    }

    @Override
    public void testFailed(ExtensionContext context, Throwable cause) {
        System.err.println(
                "FAILED " + context.getUniqueId() + "\n" + of(context).logTails());
    }
}
