import type { RTVIMessage } from "@pipecat-ai/client-js";
import { isRecord, stringAt } from "../../util/records.js";

/** Calls that are remembered. Beyond it the oldest is forgotten: not every bot tells how a call ended. */
const MOST_CALLS = 256;

/** How a user's turn and a response that are cut off end, in the order of the other services. */
const ENDS = ["user-stopped-speaking", "bot-stopped-speaking", "bot-tts-stopped", "bot-llm-stopped"];

/** A bot that comes back goes on muting the user, a new one has not begun to. */
const UNMUTED = "user-mute-stopped";

const CALL = "llm-function-call";
const STARTED = `${CALL}-started`;
const STOPPED = `${CALL}-stopped`;
const OF_CALLS = new Set([CALL, STARTED, `${CALL}-in-progress`, STOPPED]);

interface Call {
  /** Undefined while the call is only announced. */
  readonly id: string | undefined;
  readonly name: string | undefined;
  /** Of an older protocol: nobody tells how it ended, so that it is over when it is answered. */
  readonly isLegacy: boolean;
  isOpen: boolean;
  /** What became of the bot that called: one that is lost may come back, of one that is gone nobody knows the calls. */
  bot: "here" | "lost" | "gone";
}

/** What the bot has said to have begun and not to have ended, to be ended for it when it is lost. */
export class OpenActivities {
  readonly #ends = new Set<string>();
  #wasMuted = false;
  /** Oldest first; those of bots that are gone as well, because their results may still come. */
  readonly #calls: Call[] = [];

  constructor(private readonly deliver: (type: string, data?: unknown) => void) {}

  /** A message of the bot. */
  received(type: string, data: unknown): void {
    if (OF_CALLS.has(type)) this.#receivedOfCall(type, data);
    const end = type.replace("-started", "-stopped");
    if (type === end) this.#ends.delete(end);
    else if (end === UNMUTED || ENDS.includes(end)) this.#ends.add(end);
  }

  /**
   * A message of the app is about to be sent. Returns false for the result of a call whose bot is gone: the next one knows
   * nothing of it.
   */
  takes({ type, data }: RTVIMessage): boolean {
    if (type !== `${CALL}-result` || !isRecord(data)) return true;
    const call = this.#byId(stringAt(data, "tool_call_id"));
    if (call?.isLegacy === true) call.isOpen = false;
    return call?.bot !== "gone";
  }

  /** The connection is lost. A bot that may come back would go on with its calls, and with nothing else. */
  lost(mayComeBack: boolean): void {
    for (const end of ENDS) if (this.#ends.delete(end)) this.deliver(end);
    for (const call of this.#calls) if (call.bot === "here") call.bot = "lost";
    if (this.#ends.delete(UNMUTED)) this.#wasMuted = true;
    if (!mayComeBack) this.settle(false);
  }

  /** It turns out whether the bot that was lost is back. If not, its calls are cancelled. */
  settle(isBack: boolean): void {
    if (this.#wasMuted) {
      this.#wasMuted = false;
      if (isBack) this.#ends.add(UNMUTED);
      else this.deliver(UNMUTED);
    }
    const lost = this.#calls.filter(({ bot }) => bot === "lost");
    // All of them first: the app may end the session when it hears of one.
    for (const call of lost) call.bot = isBack ? "here" : "gone";
    for (const { id = "", name, isOpen } of isBack ? [] : lost) {
      const named = name !== undefined && { function_name: name };
      if (isOpen) this.deliver(STOPPED, { tool_call_id: id, cancelled: true, ...named });
    }
  }

  #receivedOfCall(type: string, data: unknown): void {
    const fields = isRecord(data) ? data : {};
    const id = stringAt(fields, "tool_call_id");
    const name = stringAt(fields, "function_name");
    const known = type === STARTED ? undefined : this.#find(id, name);
    if (known !== undefined) this.#calls.splice(this.#calls.indexOf(known), 1);
    if (type === STOPPED) return;
    const isLegacy = type === CALL && known?.isLegacy !== false;
    this.#calls.push({ id: id ?? known?.id, name: name ?? known?.name, isLegacy, isOpen: true, bot: "here" });
    if (this.#calls.length > MOST_CALLS) this.#calls.shift();
  }

  /** The call of this id; else one that was announced, without an id yet, and if possible under this name. */
  #find(id: string | undefined, name: string | undefined): Call | undefined {
    const announced = this.#calls.filter((call) => call.id === undefined && call.bot === "here");
    const byName = announced.find((call) => call.name === name) ?? announced[0];
    return this.#byId(id) ?? byName;
  }

  #byId(id: string | undefined): Call | undefined {
    return id === undefined ? undefined : this.#calls.find((call) => call.id === id);
  }
}
