package io.meshvine.mesh.client;

import io.meshvine.mesh.client.ClientQuery.Match;
import io.meshvine.mesh.client.ClientQuery.State;
import io.meshvine.mesh.client.ClientReport.Connection;
import io.meshvine.mesh.client.ClientReport.Filter;
import io.meshvine.mesh.lane.PeerService;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireFormat;
import io.meshvine.mesh.wire.WireReader;
import io.meshvine.mesh.wire.WireWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * Questions and answers in messages. Queries and reports have a length before them, so that later versions can append
 * fields which earlier ones pass over. Stateless.
 */
final class ClientWire {
    private static final int ASK = 1;
    private static final int TELL = 2;

    private static final int LAST = 1;
    private static final int MORE = 2;
    private static final int BUSY = 4;

    private static final int DURABLE = 1;
    private static final int CONNECTED = 2;

    private static final int MAX_TEXT_BYTES = 65_535;
    private static final int MAX_FILTERS = 65_535;

    /** A report of the longest client id, user and filters fits. */
    private static final int MAX_REPORT_BYTES = 1 << 20;

    /** By code in frames: only ever appended to. */
    private static final List<Match> MATCHES = List.of(Match.CONTAINS, Match.PREFIX, Match.EXACT);

    private static final List<State> STATES = List.of(State.ANY, State.CONNECTED, State.DISCONNECTED);

    private ClientWire() {}

    /** Who is told what a message says. */
    interface Reader {
        void onAsked(long number, ClientQuery query);

        /**
         * Some of an answer.
         *
         * @param last whether the answer is complete with it
         * @param more as in {@link ClientPart}; of the last one
         */
        void onTold(long number, List<ClientReport> clients, boolean last, boolean more);

        /** The peer has no time for the question. */
        void onBusy(long number);
    }

    static byte[] ask(long number, ClientQuery query) {
        WireWriter fields = new WireWriter(64);
        fields.writeByte(code(MATCHES, query.match())).writeString(query.text());
        fields.writeByte(code(STATES, query.state()));
        writeName(fields, query.after());
        fields.writeVarLong(query.limit());
        return new WireWriter(80)
                .writeByte(ASK)
                .writeVarLong(number)
                .writeBytes(fields.toByteArray())
                .toByteArray();
    }

    static byte[] busy(long number) {
        return new WireWriter(16)
                .writeByte(TELL)
                .writeVarLong(number)
                .writeByte(BUSY)
                .toByteArray();
    }

    /** An answer in messages of a good size. */
    static List<byte[]> tell(long number, ClientPart part) {
        List<byte[]> messages = new ArrayList<>();
        List<byte[]> reports = new ArrayList<>();
        int bytes = 0;
        for (ClientReport report : part.clients()) {
            byte[] encoded = encode(report);
            if (bytes + encoded.length > PeerService.MESSAGE_BYTES && !reports.isEmpty()) {
                messages.add(tell(number, 0, reports, bytes));
                reports.clear();
                bytes = 0;
            }
            reports.add(encoded);
            bytes += encoded.length;
        }
        messages.add(tell(number, part.more() ? LAST | MORE : LAST, reports, bytes));
        return messages;
    }

    private static byte[] tell(long number, int flags, List<byte[]> reports, int bytes) {
        WireWriter out = new WireWriter(32 + bytes + 4 * reports.size());
        out.writeByte(TELL).writeVarLong(number).writeByte(flags).writeVarLong(reports.size());
        reports.forEach(out::writeBytes);
        return out.toByteArray();
    }

    static void read(WireReader in, Reader reader) throws WireException {
        int kind = in.readByte();
        long number = in.readVarLong();
        switch (kind) {
            case ASK -> reader.onAsked(number, readQuery(WireReader.of(in.readBytes(3 * MAX_TEXT_BYTES + 32))));
            case TELL -> readAnswer(number, in, reader);
            default -> throw new WireException("unknown word about clients: " + kind);
        }
    }

    private static ClientQuery readQuery(WireReader in) throws WireException {
        Match match = constant(MATCHES, in.readByte());
        String text = in.readString(MAX_TEXT_BYTES);
        State state = constant(STATES, in.readByte());
        ClientName after = readName(in);
        int limit = in.readVarInt(ClientQuery.MAX_LIMIT);
        return new ClientQuery(match, text, state, after, Math.max(1, limit));
    }

    private static <T> int code(List<T> values, T value) {
        return values.indexOf(value);
    }

    private static <T> T constant(List<T> values, int code) throws WireException {
        if (code >= values.size()) {
            throw new WireException("unknown kind of query for clients: " + code);
        }
        return values.get(code);
    }

    private static void readAnswer(long number, WireReader in, Reader reader) throws WireException {
        int flags = in.readByte();
        if ((flags & BUSY) != 0) {
            reader.onBusy(number);
            return;
        }
        int count = in.readVarInt(ClientQuery.MAX_LIMIT);
        List<ClientReport> reports = new ArrayList<>(Math.min(count, in.remaining()));
        for (int i = 0; i < count; i++) {
            reports.add(decode(WireReader.of(in.readBytes(MAX_REPORT_BYTES))));
        }
        reader.onTold(number, reports, (flags & LAST) != 0, (flags & MORE) != 0);
    }

    private static byte[] encode(ClientReport report) {
        Connection connection = report.connection();
        WireWriter out = new WireWriter(128);
        writeName(out, report.name());
        out.writeByte((report.durable() ? DURABLE : 0) | (connection == null ? 0 : CONNECTED));
        if (connection != null) {
            out.writeByte(connection.version())
                    .writeString(connection.address())
                    .writeString(connection.listener());
            out.writeVarLong(connection.keepAliveSeconds()).writeVarLong(connection.sinceMillis());
        }
        out.writeVarLong(report.expirySeconds()).writeVarLong(report.fence());
        out.writeVarLong(report.queued()).writeVarLong(report.queuedBytes()).writeVarLong(report.inFlight());
        out.writeVarLong(report.subscriptions()).writeVarLong(report.filters().size());
        report.filters().forEach(filter -> out.writeString(filter.filter()).writeByte(filter.qos()));
        return out.toByteArray();
    }

    private static ClientReport decode(WireReader in) throws WireException {
        ClientName name = readName(in);
        int flags = in.readByte();
        Connection connection = (flags & CONNECTED) == 0
                ? null
                : new Connection(
                        in.readByte(),
                        in.readString(MAX_TEXT_BYTES),
                        in.readString(MAX_TEXT_BYTES),
                        in.readVarInt(Integer.MAX_VALUE),
                        in.readVarLong());
        return new ClientReport(
                name,
                (flags & DURABLE) != 0,
                connection,
                in.readVarLong(),
                in.readVarLong(),
                in.readVarLong(),
                in.readVarLong(),
                in.readVarInt(Integer.MAX_VALUE),
                in.readVarInt(Integer.MAX_VALUE),
                readFilters(in));
    }

    private static List<Filter> readFilters(WireReader in) throws WireException {
        int count = in.readVarInt(MAX_FILTERS);
        List<Filter> filters = new ArrayList<>(Math.min(count, in.remaining()));
        for (int i = 0; i < count; i++) {
            filters.add(new Filter(in.readString(WireFormat.MAX_TOPIC_BYTES), in.readByte()));
        }
        return filters;
    }

    private static void writeName(WireWriter out, ClientName name) {
        out.writeString(name.clientId()).writeString(name.user());
    }

    private static ClientName readName(WireReader in) throws WireException {
        return new ClientName(in.readString(MAX_TEXT_BYTES), in.readString(MAX_TEXT_BYTES));
    }
}
