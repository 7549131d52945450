import { DIFFERENCES, expectationOf } from "../../packages/testkit/src/faults/catalogue/differences.js";
import type { Fault } from "../../packages/testkit/src/faults/catalogue/fault.js";
import type { Subject } from "../../packages/testkit/src/faults/subjects.js";
import { bucketOf } from "./buckets.js";
import type { Measurements, SeenFault } from "./measured.js";
import type { PeerMeasurement } from "./peers.js";

type Listed = Pick<Fault, "name" | "injected" | "expect">;
type Catalogue = readonly { readonly title: string; readonly faults: readonly Listed[] }[];
type Struck = Pick<Subject, "name" | "title">;

/** Faults, and the transports that they strike. */
export interface Table {
  readonly catalogue: Catalogue;
  readonly subjects: readonly Struck[];
}

/** Where what was seen is not what the document says; empty when it is. */
export function surprises(results: readonly SeenFault[], { catalogue, subjects }: Table): string[] {
  return subjects.flatMap((subject) =>
    catalogue.flatMap(({ faults }) =>
      faults.flatMap((fault) => {
        const { name } = fault;
        if (expectationOf(fault, subject.name) === undefined) return [];
        const seen = results.find((result) => result.fault === name && result.subject === subject.name);
        if (seen === undefined) return [`${subject.name}: ${name} was not run`];
        return seen.problems.length === 0 ? [] : [`${subject.name}: ${name}: ${seen.problems.join(", ")}`];
      }),
    ),
  );
}

function cell(fault: Listed, subject: Struck, measurements: Measurements): string {
  const expected = expectationOf(fault, subject.name);
  const because = DIFFERENCES[subject.name][fault.name]?.because;
  const reason = because === undefined ? "" : ` (${because})`;
  if (expected === undefined) return `–${reason}`;
  if (expected.outcome === "ends") return `ends: \`${expected.code}\`${reason}`;
  const codes = expected.errors.map((code) => `\`${code}\``);
  const seen = measurements[subject.name]?.[fault.name];
  const continuity = seen?.continuity === undefined ? [] : [seen.continuity];
  return `${["continues", seen?.gap ?? bucketOf(expected.within), ...continuity, ...codes].join(", ")}${reason}`;
}

function totalOf(subject: Struck, faults: readonly Listed[]): string {
  const applied = faults.filter((fault) => expectationOf(fault, subject.name) !== undefined).length;
  return `- **${subject.title}**: ${applied} faults, all hold.`;
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** What the peers did. Nothing is asserted of them, so that this is only as good as its day. */
function peersPart(catalogue: Catalogue, peers: readonly PeerMeasurement[]): readonly string[] {
  if (peers.length === 0) return [];
  const rows = catalogue
    .flatMap(({ faults }) => faults)
    .filter(({ name }) => peers.some(({ outcomes }) => outcomes[name] !== undefined))
    .map(({ name }) => [`\`${name}\``, ...peers.map(({ outcomes }) => outcomes[name] ?? "–")]);
  const notes = peers.map(({ peer, title, showsKeyInConsole, unhandled }) => {
    const shown = showsKeyInConsole ? "writes the credential to the console" : "keeps the credential to itself";
    return `- **${title}** (\`${peer}\`) ${shown}; ${unhandled} rejections or exceptions that nobody caught, over all runs.`;
  });
  return [
    "## Pipecat's own transports under the same faults",
    "",
    "Measured by `npm run reliability -- --peers`, not asserted: the same faults, services, deadlines of the app and media, in",
    "Node with `ws` in the place of the browser's WebSocket. Neither reconnects a session, so that a fault which cuts the line",
    "ends it there by design; what counts is whether the app is told, and whether anything hangs. _stays `ready`_: for 6 s after",
    "the fault nothing came and nothing was told. Pipecat's Gemini transport tells no words, so that sound counts as its answer.",
    "",
    ...notes,
    "",
    tableOf(["fault", ...peers.map(({ title }) => title)], rows),
    "",
  ];
}

function groupsOf({ catalogue, subjects }: Table, measurements: Measurements, level: string): string {
  const groups = catalogue.map(({ title, faults }) => {
    const rows = faults.map((fault) => [
      `\`${fault.name}\``,
      fault.injected.replaceAll("|", "\\|"),
      ...subjects.map((subject) => cell(fault, subject, measurements)),
    ]);
    const head = ["fault", "what is injected", ...subjects.map((subject) => subject.title)];
    return [`${level} ${title}`, "", tableOf(head, rows)].join("\n");
  });
  return groups.join("\n\n");
}

function totalsOf({ catalogue, subjects }: Table): readonly string[] {
  const faults = catalogue.flatMap((group) => group.faults);
  return subjects.map((subject) => totalOf(subject, faults));
}

/** What the document is made of. */
export interface Seen {
  readonly sockets: Table;
  readonly calls: Table;
  readonly measurements: Measurements;
  readonly peers: readonly PeerMeasurement[];
}

/** The document: what happens to a session under each fault, as the tests assert it and as it was measured. */
export function reliabilityDocument({ sockets, calls, measurements, peers }: Seen): string {
  return [
    "# Reliability",
    "",
    "What becomes of a session when the world breaks. Each row is a test with real sockets (`test/faults`): a stock client talks",
    "to a service through a proxy, has been answered once, and then the fault strikes. Made by `npm run reliability`, which",
    "runs them three times; do not edit.",
    "",
    "[The network](#the-network) · [The service](#the-service) · [A service that lies](#a-service-that-lies) · [Calls over WebRTC](#calls-over-webrtc)",
    ...(peers.length === 0 ? [] : ["· [Pipecat's own transports](#pipecats-own-transports-under-the-same-faults)"]),
    "",
    ...totalsOf(sockets),
    ...totalsOf(calls),
    "",
    "_continues_: the app wrote again and was answered. The time is the median of the longest time for which the user was not",
    "heard, in steps; _fresh_, _replayed_ or _resumed_ is what became of the conversation on another connection, and where none",
    "of them stands the session stayed on its own. The codes are those of the errors that `onError` was told, none of them",
    "fatal; `none` is an error of the service's own, passed on. _ends_: `connect()` rejected, or the app was told a fatal error,",
    "with that code. Reconnection and deadlines are set short here (the first attempt comes after at most 40 ms, each may take",
    "3 s, a call 6 s), so the times tell what is added to yours.",
    "",
    "In every row, whatever happens: no promise stays pending; there is never a second connection; after `disconnect()` no",
    "socket, peer connection, timer, listener, microphone or speaker is held; a text that the app sends at the moment of the",
    "strike arrives or is refused; and the credential occurs in no log line, error, callback, report or inspection event, neither",
    "as it is nor in any encoding.",
    "",
    groupsOf(sockets, measurements, "##"),
    "",
    "## Calls over WebRTC",
    "",
    "OpenAI's WebRTC transport fails elsewhere: where offer and answer are exchanged over HTTP, and in ICE, DTLS and SCTP. Its",
    "rows are played in Chromium (`test/browser/calls`), with the real media of a page. The packets go through a relay below ICE,",
    "and what is not heard is counted there. Lies are told on the data channel.",
    "",
    groupsOf(calls, measurements, "###"),
    "",
    ...peersPart(sockets.catalogue, peers),
  ].join("\n");
}
