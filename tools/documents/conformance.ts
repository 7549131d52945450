import { readFile, writeFile } from "node:fs/promises";
import { format } from "oxfmt";
import { readKnownGaps, writeKnownGaps, type KnownGaps } from "../../packages/testkit/src/conformance/known-gaps.js";
import { casesOf, gapsOf } from "../../packages/testkit/src/conformance/run-suite.js";

const PAGE = "docs/conformance.md";

/** The transports of this library that `test/conformance` runs, without a declared gap. */
const OURS = ["OpenAI", "OpenAI WebRTC", "Gemini", "Pipecat", "Thrive"];

interface Felt {
  readonly title: string;
  /** What must have happened for the words to be true. */
  readonly seen: RegExp;
  readonly words: string;
}

/** What an app notices of some gaps, whatever it thinks of the rest. */
const FELT: readonly Felt[] = [
  {
    title: "a session that never becomes ready: because the service never says so: connect() rejects at its deadline",
    seen: /did not settle/,
    words: "`connect()` waits for ever for a service that opens and never gets ready",
  },
  {
    title: "a session that never becomes ready: because the connection is lost while it opens: connect() rejects",
    seen: /did not settle/,
    words: "`connect()` waits for ever when the connection is lost while it opens",
  },
  {
    title: "disconnect(): from connecting ends in disconnected with nothing held",
    seen: /still held|did not settle/,
    words: "after `disconnect()` while connecting something is still in use, or `connect()` never settles",
  },
  {
    title: "disconnect(): from ready ends in disconnected with nothing held",
    seen: /the microphone/,
    words: "after `disconnect()` the microphone stays in use",
  },
  {
    title: "initDevices(): settles when disconnect() comes before the user's answer",
    seen: /did not settle/,
    words: "`initDevices()` waits for ever when the user disconnects instead of answering",
  },
  {
    title:
      "a connection that is lost while ready: is reconnected, without a second onConnected; a bot that is new says so",
    seen: /the way to "connecting"/,
    words: "a lost connection is not reconnected",
  },
  {
    title:
      "connect() twice before devices are there, as a double click does: is one session: the second is ready, the first is refused without an error callback",
    seen: /did not settle/,
    words: "after a double click on the connect button a `connect()` never settles",
  },
];

const nothing = (): never => {
  throw new Error("The cases are listed, and not run.");
};

const count = (all: number, gaps: number): string => (gaps === 0 ? `all ${all}` : `${all - gaps} of ${all}`);

/** The page of who passes which cases, from the gaps that the tests hold to be exact. */
async function conformancePage(gaps: KnownGaps, versions: ReadonlyMap<string, string>): Promise<string> {
  const cases = casesOf(nothing);
  const peers = Object.entries(gaps);
  const groups = [...new Set(cases.map(({ group }) => group))];
  const titlesOf = (group: string): string[] => cases.filter((each) => each.group === group).map(({ title }) => title);
  const row = (name: string, titles: readonly string[]): string => {
    const theirs = peers.map(([, known]) => count(titles.length, titles.filter((title) => title in known).length));
    return `| ${[name, ...OURS.map(() => `all ${titles.length}`), ...theirs].join(" | ")} |`;
  };
  const felt = FELT.map(({ title, seen, words }) => {
    if (!cases.some((each) => each.title === title)) throw new Error(`No case of the suite is called "${title}".`);
    const by = peers.filter(([, known]) => seen.test(known[title] ?? "")).map(([name]) => short(name));
    return by.length === 0 ? [] : [`- ${words}: ${by.join(", ")}.`];
  });
  const details = peers.flatMap(([name, known]) => [
    `### ${name} ${versions.get(name) ?? ""}`,
    "",
    "| case | what happened |",
    "| --- | --- |",
    ...cases
      .filter(({ title }) => title in known)
      .map(({ title }) => `| ${title} | ${(known[title] ?? "").replaceAll("|", "\\|")} |`),
    "",
  ]);
  const text = [
    "# Conformance",
    "",
    "Made by `npm run documents`; do not edit.",
    "",
    "`transportConformance` of `rtvi-machine/testing` runs one suite of cases on any transport of `@pipecat-ai/client-js`:",
    "[how to run it on yours](testing.md#the-conformance-suite). This page shows what it found on the transports of this library and on Pipecat's published ones.",
    "",
    "The suite states what **this library** promises. Much of it follows from client-js: a promise settles, a resource is given back. Some of",
    "it is our choice, and no document of RTVI asks for it: reconnecting, `error` before a fatal `onError`, one client at a time. So a gap is not always a",
    "defect, and Pipecat's transports do things that ours do not. Pipecat has announced the end of its two direct transports.",
    "",
    "Devices and services are scripts, in Node. A case that fails is listed with the first thing that differed; later steps of it did not run.",
    "`test/conformance/peers.test.ts` fails when a gap of this page is none any more. `npm run documents -- --conformance` finds the gaps afresh.",
    "",
    "[Cases passed](#cases-passed) · [What an app notices](#what-an-app-notices) · [Every gap](#every-gap)",
    "",
    "## Cases passed",
    "",
    `| cases | ${[...OURS.map((name) => `rtvi-machine: ${name}`), ...peers.map(([name]) => `${short(name)} ${versions.get(name) ?? ""}`)].join(" | ")} |`,
    `| --- | ${[...OURS, ...peers].map(() => "---").join(" | ")} |`,
    ...groups.map((group) => row(group, titlesOf(group))),
    row(
      "**together**",
      cases.map(({ title }) => title),
    ),
    "",
    "## What an app notices",
    "",
    ...felt.flat(),
    "",
    "## Every gap",
    "",
    ...details,
  ].join("\n");
  return (await format("page.md", text, { printWidth: 120 })).code;
}

const short = (name: string): string => `\`${name.replace("@pipecat-ai/", "")}\``;

async function versionsOf(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const entries = names.map(async (name) => {
    const { version } = JSON.parse(await readFile(`node_modules/${name}/package.json`, "utf8")) as { version: string };
    return [name, version] as const;
  });
  return new Map(await Promise.all(entries));
}

async function currentPage(): Promise<string> {
  const gaps = readKnownGaps();
  return conformancePage(gaps, await versionsOf(Object.keys(gaps)));
}

/** Whether the page is what the known gaps say. */
export async function isConformancePageCurrent(): Promise<boolean> {
  const there = await readFile(PAGE, "utf8").catch(() => "");
  return there === (await currentPage());
}

export async function writeConformancePage(): Promise<void> {
  await writeFile(PAGE, await currentPage());
}

/** Runs the suite on Pipecat's transports, and keeps what they do not pass. */
export async function findGaps(): Promise<void> {
  // What they leave pending after a case belongs to no other.
  process.on("unhandledRejection", () => undefined);
  // Loaded here alone: they bring a browser's media stack along.
  const { PEERS_UNDER_TEST } = await import("../../packages/testkit/src/conformance/peers.js");
  const found: Record<string, Readonly<Record<string, string>>> = {};
  for (const { name, harness } of PEERS_UNDER_TEST) found[name] = await gapsOf(harness);
  writeKnownGaps(found);
}
