import type { CATALOGUE } from "../../test/faults/catalogue/index.js";
import type { Expectation, Fault } from "../../test/faults/catalogue/fault.js";
import { NOT_YET } from "../../test/faults/not-yet.js";
import type { Subject } from "../../test/faults/subjects.js";

type Catalogue = typeof CATALOGUE;

/** What a run of the table has left about one fault. */
interface SeenFault {
  readonly fault: string;
  readonly subject: string;
  readonly problems: readonly string[];
}

/** @throws Error where the file is not what the table writes. */
export function readResults(json: unknown): readonly SeenFault[] {
  if (!Array.isArray(json)) throw new Error("the results of the fault table are no list");
  return json.map((each: unknown) => {
    if (!isSeen(each)) throw new Error(`no result of the fault table: ${JSON.stringify(each)}`);
    return each;
  });
}

function isSeen(each: unknown): each is SeenFault {
  return (
    typeof each === "object" &&
    each !== null &&
    "fault" in each &&
    typeof each.fault === "string" &&
    "subject" in each &&
    typeof each.subject === "string" &&
    "problems" in each &&
    Array.isArray(each.problems)
  );
}

const expectedOf = (fault: Fault, subject: Subject): Expectation => fault.except?.[subject.name] ?? fault.expect;

/** Where what was seen is not what the document says; empty when it is. */
export function surprises(results: readonly SeenFault[], catalogue: Catalogue, subjects: readonly Subject[]): string[] {
  return subjects.flatMap((subject) =>
    catalogue.flatMap(({ faults }) =>
      faults.flatMap(({ name }) => {
        const seen = results.find((result) => result.fault === name && result.subject === subject.name);
        if (seen === undefined) return [`${subject.name}: ${name} was not run`];
        const notYet = NOT_YET[subject.name][name] !== undefined;
        if (notYet === seen.problems.length > 0) return [];
        return [`${subject.name}: ${name}: ${notYet ? "holds by now" : seen.problems.join(", ")}`];
      }),
    ),
  );
}

/** Bounds that the gaps are sorted by, in ms: the document must not change with the speed of a machine. */
function boundOf(within: number): string {
  const bound = [100, 500, 1_000, 2_000, 5_000].find((limit) => within <= limit);
  return bound === undefined ? "> 5 s" : `< ${String(bound / 1_000)} s`;
}

function cell(fault: Fault, subject: Subject): string {
  const expected = expectedOf(fault, subject);
  const told =
    expected.outcome === "ends"
      ? `ends: \`${expected.code}\``
      : ["continues", boundOf(expected.within), ...expected.errors.map((code) => `\`${code}\``)].join(", ");
  const notYet = NOT_YET[subject.name][fault.name];
  return notYet === undefined ? told : `**not yet**: ${notYet.reason} (wanted: ${told})`;
}

/** The document: what happens to a session under each fault, as the tests assert it. */
export function reliabilityDocument(catalogue: Catalogue, subjects: readonly Subject[]): string {
  const faults = catalogue.flatMap((group) => group.faults);
  const totals = subjects.map((subject) => {
    const open = Object.keys(NOT_YET[subject.name]).length;
    const rest = open === 0 ? "all hold" : `${faults.length - open} hold, ${open} not yet`;
    return `- **${subject.title}**: ${faults.length} faults, ${rest}.`;
  });
  const tables = catalogue.map(({ title, faults: group }) => {
    const head = ["fault", "what is injected", ...subjects.map((subject) => subject.title)];
    const rows = group.map((fault) => [
      `\`${fault.name}\``,
      fault.injected.replaceAll("|", "\\|"),
      ...subjects.map((subject) => cell(fault, subject)),
    ]);
    const lines = [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`);
    return [`## ${title}`, "", ...lines].join("\n");
  });
  return [
    "# Reliability",
    "",
    "What becomes of a session when the world breaks. Each row is a test with real sockets (`test/faults`): a stock client talks",
    "to a service through a proxy, has been answered once, and then the fault strikes. Made by `npm run reliability`, which",
    "runs them; do not edit.",
    "",
    ...totals,
    "",
    "_continues_: the app wrote again and was answered. The time is the longest for which the user was not heard, and the codes",
    "are those of the errors that `onError` was told, none of them fatal. _ends_: `connect()` rejected, or the app was told a",
    "fatal error, with that code. Reconnection and deadlines are set short here (the first redial comes after at most 40 ms, a",
    "dial may take 1.5 s), so the times tell what is added to yours.",
    "",
    "In every row, whatever happens: no promise stays pending; there is never a second socket; after `disconnect()` no socket,",
    "timer, listener, microphone or speaker is held; a text that the app sends at the moment of the strike arrives or is",
    "refused; and the credential occurs in no log line, error, callback or inspection event, neither as it is nor in any",
    "encoding.",
    "",
    tables.join("\n\n"),
    "",
  ].join("\n");
}
