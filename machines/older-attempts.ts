/** Why a call is refused: the app has disconnected, a newer call took over, or the transport belongs to another client. */
export type Refusal = "cancelled" | "superseded" | "occupied";

/** An attempt that is not the newest any more, and may still call. */
export interface OlderAttempt {
  readonly id: number;
  /**
   * Where it was left: its devices wait to be asked for, or are asked for; the client asks the page for permissions, or has
   * not gone on when it should have; its bot is being started, or was just started; its `connect()` waits, or was refused.
   */
  readonly phase: "waiting" | "devices" | "query" | "overdue" | "starting" | "started" | "held" | "refused";
  readonly why: Refusal;
}

export type Older = readonly OlderAttempt[];

/** More than any app has under way; the oldest are forgotten. */
const MOST = 16;

/** An attempt in one of these goes on to `connect()` or to the bot's start. A bot that is being started holds nothing up. */
const HOLDING: ReadonlySet<OlderAttempt["phase"]> = new Set(["devices", "query", "refused"]);

/** Whether a newer attempt must wait, because one of these would take what it gets for its own. */
export const holds = (older: Older): boolean => older.some(({ phase }) => HOLDING.has(phase));

export const add = (older: Older, attempt: OlderAttempt): Older => [...older, attempt].slice(-MOST);

export const inPhase = (older: Older, ...phases: readonly OlderAttempt["phase"][]): Older =>
  older.filter(({ phase }) => phases.includes(phase));

/** The attempt that a call continues: the one that should have called first. */
export const callerIn = (older: Older, from: "query" | "starting" | "started"): OlderAttempt | undefined =>
  inPhase(older, from).at(0) ?? (from === "query" ? inPhase(older, "overdue").at(0) : undefined);

export const replace = (older: Older, attempt: OlderAttempt | undefined, phase: OlderAttempt["phase"]): Older =>
  older.map((each) => (each === attempt ? { ...each, phase } : each));

/** Its devices are not waited for any more. */
export const answered = (each: OlderAttempt): OlderAttempt =>
  each.phase === "waiting" || each.phase === "devices" ? { ...each, phase: "query" } : each;

/** It waits for its turn no more. */
export const superseded = (each: OlderAttempt): OlderAttempt => {
  if (each.phase === "waiting") return { ...each, phase: "query" };
  return each.phase === "held" ? { ...each, phase: "refused" } : each;
};

/** The app has disconnected. */
export const cancelled = (each: OlderAttempt): OlderAttempt => ({
  ...answered(superseded(each)),
  why: each.why === "occupied" ? "occupied" : "cancelled",
});
