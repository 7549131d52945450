import { setTimeout as sleep } from "node:timers/promises";
import type { Conversation } from "../../../src/contracts/recovery.js";
import type { Expectation, Fault } from "../catalogue/fault.js";
import type { Subject } from "../subjects.js";
import type { ToldError } from "./app.js";
import { Rig } from "./rig.js";

/** What happened when a fault struck. */
export interface FaultReport {
  readonly fault: string;
  readonly subject: string;
  readonly states: readonly string[];
  readonly errors: readonly ToldError[];
  /** Whether an answer was heard after the fault. */
  readonly continued: boolean;
  /** What became of it on the wire in use; undefined where no other wire was ready than the first. */
  readonly conversation: Conversation | undefined;
  /** The state in which the fault left the session. */
  readonly rested: string;
  /** The code of the error that ended the session, or that its beginning failed with. */
  readonly endedBy: string | undefined;
  /** The longest time in which the user was not heard, in ms. */
  readonly gapMs: number;
  /** What became of the text that was sent at the moment of the strike. */
  readonly message: "delivered" | "refused" | "lost" | undefined;
  /** Calls that had not settled when all was over. */
  readonly pending: readonly string[];
  /** What the transport still held after `disconnect()`. */
  readonly leftovers: readonly string[];
  readonly mostSockets: number;
  /** Where the credential has come out, and in which form. */
  readonly secrets: readonly string[];
}

const CONNECTS_WITHIN_MS = 5_000;
const ANSWERS_WITHIN_MS = 2_000;
const CONTINUES_WITHIN_MS = 8_000;
const ASKS_AGAIN_MS = 1_200;
const SETTLES_WITHIN_MS = 2_000;
const STRAGGLERS_MS = 400;
const DURING = "in the middle of it";

/** The code of one of our errors; what else was thrown, as text. */
const codeOf = (error: unknown): string | undefined => {
  if (error === undefined) return undefined;
  if (!(error instanceof Error)) return "not an error";
  return "code" in error ? String(error.code) : error.message;
};

/** A session, a fault in it, and what came of it. Never throws for what a transport does: that is in the report. */
export async function runFault(fault: Fault, subject: Subject<string>): Promise<FaultReport> {
  const rig = await Rig.set(subject, fault);
  const { app } = rig;
  try {
    await fault.before?.(rig);
    const connecting = app.settles("connect()", () => app.client.connect());
    await rig.until(() => !app.pending.has("connect()"), CONNECTS_WITHIN_MS);
    const refusal = app.pending.has("connect()") ? undefined : await connecting;
    rig.ledger.add("connect() rejected with", refusal);

    let continued = false;
    let message: FaultReport["message"];
    if (app.client.state === "ready") {
      await talk(rig, "before it", fault.before === undefined ? 1 : 2);
      rig.proxy.flow.up.restart();
      app.restart();
      const striking = Promise.resolve(fault.strike?.(rig));
      const counts = fault.strike !== undefined && fault.writes !== false;
      if (counts) rig.ask(DURING);
      await striking;
      // Sound that was under way is no answer to what is asked next.
      if (subject.tellsWords === false) await sleep(STRAGGLERS_MS);
      continued = await goesOn(rig);
      if (counts) message = await fateOf(rig, DURING);
    }
    const gapMs = Math.max(rig.proxy.flow.up.longestGapMs, app.longestNotReadyMs);
    const fatal = app.errors.find((error) => error.fatal);
    const rested = app.client.state;
    const { conversation } = rig;
    rig.ledger.add("disconnect() rejected with", await disconnect(rig));

    const report = {
      fault: fault.name,
      subject: subject.name,
      states: app.states,
      errors: app.errors,
      continued,
      conversation,
      rested,
      endedBy: fatal?.code ?? codeOf(refusal),
      gapMs,
      message,
      pending: [...app.pending],
      leftovers: rig.leftovers,
      mostSockets: rig.sockets.most,
    };
    rig.ledger.add("the report", report);
    return { ...report, secrets: rig.ledger.find(rig.key) };
  } finally {
    await rig.close();
  }
}

/** One turn: a text, and an answer to it. An opening that was disturbed may cost the first one. */
async function talk(rig: Rig, text: string, tries: number): Promise<void> {
  for (let left = tries; left > 0; left -= 1) {
    rig.ask(text);
    if (await rig.until(() => rig.app.heard(text), ANSWERS_WITHIN_MS)) return;
  }
  throw new Error(`nothing answered "${text}" before the fault; heard of: ${rig.app.states.join(", ")}`);
}

/** Whether a text is answered: the app asks again until one is, or the session has ended. */
async function goesOn(rig: Rig): Promise<boolean> {
  const { app } = rig;
  const ended = (): boolean => app.errors.some(({ fatal }) => fatal);
  const end = performance.now() + CONTINUES_WITHIN_MS;
  for (let proof = 1; performance.now() < end && !ended(); proof += 1) {
    await rig.until(() => app.client.state === "ready" || ended(), ASKS_AGAIN_MS);
    if (app.client.state !== "ready") continue;
    const text = `after it ${String(proof)}.`;
    rig.ask(text);
    if (await rig.until(() => app.heard(text) || ended(), ASKS_AGAIN_MS)) return !ended();
  }
  return false;
}

async function fateOf(rig: Rig, text: string): Promise<FaultReport["message"]> {
  await rig.until(() => !rig.app.pending.has(`sendText("${text}")`), SETTLES_WITHIN_MS);
  if (!rig.app.accepted.includes(text)) return "refused";
  return (await rig.until(() => rig.arrived(text), 500)) ? "delivered" : "lost";
}

async function disconnect(rig: Rig): Promise<unknown> {
  const { app } = rig;
  const leaving = app.settles("disconnect()", () => app.client.disconnect());
  await rig.until(() => app.pending.size === 0, SETTLES_WITHIN_MS);
  // What is closed in the next turn of the loop is closed in time.
  await sleep(20);
  return app.pending.has("disconnect()") ? undefined : await leaving;
}

/** What about a report is not as it must be; empty when all is. */
export function problemsOf(report: FaultReport, expected: Expectation): string[] {
  const problems: string[] = [];
  const codes = [...new Set(report.errors.map(({ code }) => code))].sort();
  if (expected.outcome === "continues") {
    if (!report.continued) problems.push(`did not continue (${report.endedBy ?? "and no error said why"})`);
    if (report.errors.some(({ fatal }) => fatal)) problems.push("a fatal error was told");
    const wanted = [...new Set<string>(expected.errors)].sort();
    const told = codes.filter((code) => wanted.includes(code) || !expected.maybe?.some((each) => each === code));
    if (told.join() !== wanted.join()) problems.push(`errors [${codes.join()}] instead of [${wanted.join()}]`);
    if (report.gapMs > expected.within) problems.push(`a gap of ${report.gapMs.toFixed(0)} ms`);
    if (report.message === "lost") problems.push("a message that was taken was lost");
  } else {
    if (report.continued) problems.push("continued");
    if (report.endedBy !== expected.code) problems.push(`ended by ${String(report.endedBy)}`);
  }
  if (report.states.at(-1) !== "disconnected") problems.push(`rests in ${String(report.states.at(-1))}`);
  if (report.mostSockets > 1) problems.push(`${String(report.mostSockets)} sockets at one time`);
  problems.push(...report.pending.map((call) => `${call} did not settle`));
  problems.push(...report.leftovers.map((held) => `holds ${held}`));
  problems.push(...report.secrets.map((where) => `the credential came out in ${where}`));
  return problems;
}
