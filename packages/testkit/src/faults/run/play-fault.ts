import type { Continuity } from "../../../../../src/contracts/continuity.js";
import type { Expectation, FaultRow } from "../catalogue/fault.js";
import type { FaultApp, ToldError } from "./app.js";
import type { LeakWatch } from "../../secrets/secrets.js";

/** What happened when a fault struck. */
export interface FaultReport {
  readonly fault: string;
  readonly subject: string;
  readonly states: readonly string[];
  readonly errors: readonly ToldError[];
  /** Whether an answer was heard after the fault. */
  readonly continued: boolean;
  /** What became of it on the connection in use; undefined where no other connection was ready than the first. */
  readonly continuity: Continuity | undefined;
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

/** How long an app waits, in ms. */
export interface Patience {
  /** For `connect()` to settle. */
  readonly connects: number;
  /** For an answer before the fault. */
  readonly answers: number;
  /** For one after it, in all. */
  readonly continues: number;
  /** And until it asks again. */
  readonly asksAgain: number;
}

/** Where a fault is played: an app, and a world that breaks around it. */
export interface FaultStage {
  readonly app: FaultApp;
  readonly leaks: LeakWatch;
  /** The app's credential. */
  readonly key: string;
  readonly patience: Patience;
  /** How long a sound that is under way may take; 0 where words tell what an answer is. */
  readonly stragglersMs: number;
  /** What became of the conversation at the last reconnection; undefined without one. */
  readonly continuity: Continuity | undefined;
  /** Connections at one time. */
  readonly mostSockets: number;
  /** What the transport still holds. */
  leftovers(): readonly string[] | Promise<readonly string[]>;
  /** Done before the app connects. */
  before(): unknown;
  /**
   * The conversation goes well: gaps count from now on. Resolves when the fault has had its effect.
   * @param begun The fault has struck.
   */
  strike(begun: () => void): Promise<unknown>;
  /** The longest time in which the user was not heard, in ms. */
  gapMs(): number | Promise<number>;
  /** Whether a text has reached the service, over whichever line. */
  arrived(text: string): boolean | Promise<boolean>;
  /** Waits until something is true; whether it came true in time. */
  until(what: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean>;
}

const SETTLES_WITHIN_MS = 2_000;
const DURING = "in the middle of it";

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The code of one of our errors; what else was thrown, as text. */
const codeOf = (error: unknown): string | undefined => {
  if (error === undefined) return undefined;
  if (!(error instanceof Error)) return "not an error";
  return "code" in error ? String(error.code) : error.message;
};

/** A session, a fault in it, and what came of it. Never throws for what a transport does: that is in the report. */
export async function playFault(stage: FaultStage, row: FaultRow): Promise<FaultReport> {
  const { app } = stage;
  await stage.before();
  const connecting = app.settles("connect()", () => app.client.connect());
  await stage.until(() => !app.pending.has("connect()"), stage.patience.connects);
  const refusal = app.pending.has("connect()") ? undefined : await connecting;
  stage.leaks.add("connect() rejected with", refusal);

  let continued = false;
  let message: FaultReport["message"];
  if (app.client.state === "ready") {
    await talk(stage, "before it", row.isEarly ? 2 : 1);
    app.restart();
    await stage.strike(() => {
      if (row.writes) app.ask(DURING);
    });
    await sleep(stage.stragglersMs);
    continued = await goesOn(stage);
    if (row.writes) message = await fateOf(stage, DURING);
  }
  const gapMs = Math.max(await stage.gapMs(), app.longestNotReadyMs);
  const fatal = app.errors.find((error) => error.fatal);
  const rested = app.client.state;
  const { continuity } = stage;
  stage.leaks.add("disconnect() rejected with", await disconnect(stage));

  const report = {
    fault: row.fault,
    subject: row.subject,
    states: app.states,
    errors: app.errors,
    continued,
    continuity,
    rested,
    endedBy: fatal?.code ?? codeOf(refusal),
    gapMs,
    message,
    pending: [...app.pending],
    leftovers: await stage.leftovers(),
    mostSockets: stage.mostSockets,
  };
  stage.leaks.add("the report", report);
  return { ...report, secrets: stage.leaks.find(stage.key) };
}

/** One turn: a text, and an answer to it. An opening that was disturbed may cost the first one. */
async function talk(stage: FaultStage, text: string, tries: number): Promise<void> {
  for (let left = tries; left > 0; left -= 1) {
    stage.app.ask(text);
    if (await stage.until(() => stage.app.heard(text), stage.patience.answers)) return;
  }
  throw new Error(`nothing answered "${text}" before the fault; heard of: ${stage.app.states.join(", ")}`);
}

/** Whether a text is answered: the app asks again until one is, or the session has ended. */
async function goesOn(stage: FaultStage): Promise<boolean> {
  const { app, patience } = stage;
  const ended = (): boolean => app.errors.some(({ fatal }) => fatal);
  const end = performance.now() + stage.patience.continues;
  for (let proof = 1; performance.now() < end && !ended(); proof += 1) {
    await stage.until(() => app.client.state === "ready" || ended(), patience.asksAgain);
    if (app.client.state !== "ready") continue;
    const text = `after it ${String(proof)}.`;
    stage.app.ask(text);
    if (await stage.until(() => app.heard(text) || ended(), patience.asksAgain)) return !ended();
  }
  return false;
}

async function fateOf(stage: FaultStage, text: string): Promise<FaultReport["message"]> {
  await stage.until(() => !stage.app.pending.has(`sendText("${text}")`), SETTLES_WITHIN_MS);
  if (!stage.app.accepted.includes(text)) return "refused";
  return (await stage.until(() => stage.arrived(text), 500)) ? "delivered" : "lost";
}

async function disconnect(stage: FaultStage): Promise<unknown> {
  const { app } = stage;
  const leaving = app.settles("disconnect()", () => app.client.disconnect());
  await stage.until(() => app.pending.size === 0, SETTLES_WITHIN_MS);
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
