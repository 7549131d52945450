import type { CATALOGUE } from "../../test/faults/catalogue/index.js";
import { DIFFERENCES, expectationOf } from "../../test/faults/catalogue/differences.js";
import type { Fault } from "../../test/faults/catalogue/fault.js";
import type { Subject } from "../../test/faults/subjects.js";
import { bucketOf } from "./buckets.js";
import type { Measurements, SeenFault } from "./measured.js";
import type { PeerMeasurement } from "./peers.js";

type Catalogue = typeof CATALOGUE;

/** Where what was seen is not what the document says; empty when it is. */
export function surprises(results: readonly SeenFault[], catalogue: Catalogue, subjects: readonly Subject[]): string[] {
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

function cell(fault: Fault, subject: Subject, measurements: Measurements): string {
  const expected = expectationOf(fault, subject.name);
  const because = DIFFERENCES[subject.name][fault.name]?.because;
  const reason = because === undefined ? "" : ` (${because})`;
  if (expected === undefined) return `–${reason}`;
  if (expected.outcome === "ends") return `ends: \`${expected.code}\`${reason}`;
  const codes = expected.errors.map((code) => `\`${code}\``);
  const seen = measurements[subject.name]?.[fault.name];
  const conversation = seen?.conversation === undefined ? [] : [seen.conversation];
  return `${["continues", seen?.gap ?? bucketOf(expected.within), ...conversation, ...codes].join(", ")}${reason}`;
}

function totalOf(subject: Subject, faults: readonly Fault[]): string {
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

/** The document: what happens to a session under each fault, as the tests assert it and as it was measured. */
export function reliabilityDocument(
  catalogue: Catalogue,
  subjects: readonly Subject[],
  measurements: Measurements,
  peers: readonly PeerMeasurement[],
): string {
  const faults = catalogue.flatMap((group) => group.faults);
  const tables = catalogue.map(({ title, faults: group }) => {
    const rows = group.map((fault) => [
      `\`${fault.name}\``,
      fault.injected.replaceAll("|", "\\|"),
      ...subjects.map((subject) => cell(fault, subject, measurements)),
    ]);
    const head = ["fault", "what is injected", ...subjects.map((subject) => subject.title)];
    return [`## ${title}`, "", tableOf(head, rows)].join("\n");
  });
  return [
    "# Reliability",
    "",
    "What becomes of a session when the world breaks. Each row is a test with real sockets (`test/faults`): a stock client talks",
    "to a service through a proxy, has been answered once, and then the fault strikes. Made by `npm run reliability`, which",
    "runs them three times; do not edit.",
    "",
    ...subjects.map((subject) => totalOf(subject, faults)),
    "",
    "_continues_: the app wrote again and was answered. The time is the median of the longest time for which the user was not",
    "heard, in steps; _fresh_, _replayed_ or _resumed_ is what became of the conversation on another connection, and where none",
    "of them stands the session stayed on its own. The codes are those of the errors that `onError` was told, none of them",
    "fatal; `none` is an error of the service's own, passed on. _ends_: `connect()` rejected, or the app was told a fatal error,",
    "with that code. Reconnection and deadlines are set short here (the first redial comes after at most 40 ms, a dial may take",
    "3 s), so the times tell what is added to yours.",
    "",
    "In every row, whatever happens: no promise stays pending; there is never a second socket; after `disconnect()` no socket,",
    "timer, listener, microphone or speaker is held; a text that the app sends at the moment of the strike arrives or is",
    "refused; and the credential occurs in no log line, error, callback, report or inspection event, neither as it is nor in",
    "any encoding.",
    "",
    "OpenAI's WebRTC transport is not here: these faults are those of TCP and WebSocket, while a call fails in ICE, DTLS and SCTP.",
    "It is broken on purpose where there is a real stack of those, in Chromium (`test/browser/webrtc.test.ts`).",
    "",
    tables.join("\n\n"),
    "",
    ...peersPart(catalogue, peers),
  ].join("\n");
}
