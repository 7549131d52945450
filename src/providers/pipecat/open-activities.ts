import type { RTVIMessage } from "@pipecat-ai/client-js";
import type { OutgoingMessage } from "../../contracts/dialogue.js";
import type { CallReference } from "../../contracts/dialogue.js";
import type { ToolFact } from "../../contracts/turns.js";
import { fieldOf, idAt, isRecord, stringAt, type JsonRecord } from "../../util/records.js";

/** Calls that are remembered. Beyond it the oldest is forgotten: not every bot tells how a call ended. */
const MOST_CALLS = 256;
/** The same where all of them have to be answered. */
const MOST_TIMED = 512;

/** Who speaks, which the turns chart ends when the bot is lost. */
const SPEECH = ["user-stopped-speaking", "bot-stopped-speaking"];

/** How the rest of a response that is cut off ends, in the order of the other services. */
const ENDS = ["bot-tts-stopped", "bot-llm-stopped"];

/** A bot that comes back goes on muting the user, a new one has not begun to. */
const UNMUTED = "user-mute-stopped";

const TRACKED = new Set([...SPEECH, ...ENDS]);

const CALL = "llm-function-call";
const STARTED = `${CALL}-started`;
const STOPPED = `${CALL}-stopped`;
const OF_CALLS = new Set([CALL, STARTED, `${CALL}-in-progress`, STOPPED]);

interface Call {
  /** Undefined while the call is only announced. */
  readonly id: string | undefined;
  /** As the bot wrote it: it is answered so. */
  readonly given: unknown;
  readonly name: string | undefined;
  /** In an older protocol no message tells how a call ended, so that it is over when it is answered. */
  readonly protocol: "current" | "legacy";
  readonly number: number;
  /** Failed: it was answered in the app's place. */
  phase: "open" | "failed" | "answered";
  /** What became of the bot that called: one that is lost may come back, of one that is gone nobody knows the calls. */
  bot: "here" | "lost" | "gone";
}

/** What the bot has said to have begun and not to have ended, to be ended for it when it is lost. */
export class OpenActivities {
  /** The messages with which what is open would end. */
  readonly #ends = new Set<string>();
  /** Whether the bot has muted the user; "lost": one did that is lost. */
  #user: "heard" | "muted" | "lost" = "heard";
  /** Oldest first; those of bots that are gone as well, because their results may still come. */
  readonly #calls: Call[] = [];
  /** What the turns chart knows of the calls, and is yet to be told. */
  #tools: "none" | "called" = "none";
  #facts: ToolFact[] = [];
  #count = 0;

  /** Whether anybody speaks, a response is made, or a call is open. */
  get isBusy(): boolean {
    return this.#ends.size > 0 || this.#calls.some(isOpen);
  }

  /** What the turns chart is to be told of the calls since this was asked last. */
  takeFacts(): readonly ToolFact[] {
    const facts = this.#facts;
    this.#facts = [];
    return facts;
  }

  /** A message of the bot. */
  received(type: string, data: unknown): void {
    if (OF_CALLS.has(type)) this.#receivedOfCall(type, data);
    const end = type.replace("-started", "-stopped");
    if (end === UNMUTED) this.#user = type === end ? "heard" : "muted";
    else if (type === end) this.#ends.delete(end);
    else if (TRACKED.has(end)) this.#ends.add(end);
  }

  /**
   * A message of the app is about to be sent. Returns false for the result of a call whose bot is gone: the next one knows
   * nothing of it.
   */
  takes({ type, data }: RTVIMessage): boolean {
    if (type !== `${CALL}-result` || !isRecord(data)) return true;
    const call = this.#byId(idAt(data, "tool_call_id")) ?? this.#withoutId(data);
    if (call?.protocol === "legacy") {
      call.phase = "answered";
      this.#untime(call);
    }
    this.#note();
    return call?.bot !== "gone";
  }

  /** The app does not answer a call. Returns it where it is open, and nobody has answered in the app's place. */
  failed(reference: CallReference): { readonly id: unknown; readonly name: string } | undefined {
    const call = this.#calls.find(({ id, number }) => id === reference || number === reference);
    if (call?.phase !== "open" || call.bot !== "here") return undefined;
    call.phase = "failed";
    return { id: call.given, name: call.name ?? "" };
  }

  /**
   * The connection is lost. A bot that may come back would go on with its calls, and with nothing else.
   * @returns what is to be delivered in its place, but for the ends of speech: those are the turns chart's.
   */
  lost(mayComeBack: boolean): readonly OutgoingMessage[] {
    const ends = ENDS.filter((end) => this.#ends.has(end)).map((type) => ({ type }));
    this.#ends.clear();
    for (const call of this.#calls.filter(({ bot }) => bot === "here")) {
      call.bot = "lost";
      this.#untime(call);
    }
    if (this.#user === "muted") this.#user = "lost";
    return mayComeBack ? ends : [...ends, ...this.settle(false)];
  }

  /** It turns out whether the bot that was lost is back. Returns what is to be delivered: if not, its calls are cancelled. */
  settle(isBack: boolean): readonly OutgoingMessage[] {
    const unmuted = this.#user === "lost" && !isBack ? [{ type: UNMUTED }] : [];
    if (this.#user === "lost") this.#user = isBack ? "muted" : "heard";
    const lost = this.#calls.filter(({ bot }) => bot === "lost");
    for (const call of lost) {
      call.bot = isBack ? "here" : "gone";
      if (isBack) this.#time(call);
    }
    if (isBack) return unmuted;
    // Also where another bot has called already: the chart takes its calls for new ones.
    if (lost.length > 0) this.#tell("none");
    this.#note();
    return [...unmuted, ...lost.filter(({ phase }) => phase === "open").map(cancelled)];
  }

  #receivedOfCall(type: string, data: unknown): void {
    const fields = isRecord(data) ? data : {};
    const [id, given] = [idAt(fields, "tool_call_id"), fieldOf(fields, "tool_call_id")];
    const name = stringAt(fields, "function_name");
    const known = type === STARTED ? undefined : this.#find(id, name);
    if (known !== undefined) this.#forget(known);
    if (type !== STOPPED)
      this.#add(
        type,
        { id: id ?? known?.id, given: given ?? known?.given, name: name ?? known?.name },
        known?.protocol,
      );
    this.#note();
  }

  #add(type: string, call: Pick<Call, "id" | "given" | "name">, before: Call["protocol"] | undefined): void {
    const protocol = type === CALL && before !== "current" ? "legacy" : "current";
    this.#count += 1;
    const added: Call = { ...call, protocol, number: this.#count, phase: "open", bot: "here" };
    this.#calls.push(added);
    this.#time(added);
    if (this.#calls.length <= MOST_CALLS) return;
    const [oldest] = this.#calls;
    const spare = this.#calls.length > MOST_TIMED ? oldest : this.#calls.find((each) => !isTimed(each));
    if (spare !== undefined) this.#forget(spare);
  }

  #forget(call: Call): void {
    this.#calls.splice(this.#calls.indexOf(call), 1);
    this.#untime(call);
  }

  /** The server itself sees to the calls of which it tells how they end. */
  #time(call: Call): void {
    const { number } = call;
    if (isTimed(call)) this.#facts.push({ type: "call.began", call: number });
  }

  #untime({ protocol, number }: Call): void {
    if (protocol === "legacy") this.#facts.push({ type: "call.ended", call: number });
  }

  #note(): void {
    this.#tell(this.#calls.some(isOpen) ? "called" : "none");
  }

  #tell(tools: "none" | "called"): void {
    if (tools === this.#tools) return;
    this.#tools = tools;
    this.#facts.push({ type: tools === "called" ? "tools.called" : "tools.settled" });
  }

  /** The call of this id; else one that was announced, without an id yet, and if possible under this name. */
  #find(id: string | undefined, name: string | undefined): Call | undefined {
    const announced = this.#calls.filter((call) => call.id === undefined && call.bot === "here");
    const byName = announced.find((call) => call.name === name) ?? announced[0];
    return this.#byId(id) ?? byName;
  }

  /** The oldest call of this function that came without an id, in the older protocol. */
  #withoutId(data: JsonRecord): Call | undefined {
    const name = stringAt(data, "function_name");
    return this.#calls.find((call) => {
      return call.id === undefined && call.protocol === "legacy" && call.phase !== "answered" && call.name === name;
    });
  }

  #byId(id: string | undefined): Call | undefined {
    return id === undefined ? undefined : this.#calls.find((call) => call.id === id);
  }
}

function isTimed({ protocol, phase }: Call): boolean {
  return protocol === "legacy" && phase === "open";
}

function isOpen({ phase, bot }: Call): boolean {
  return phase === "open" && bot !== "gone";
}

function cancelled({ given = "", name }: Call): OutgoingMessage {
  const named = name !== undefined && { function_name: name };
  return { type: STOPPED, data: { tool_call_id: given, cancelled: true, ...named } };
}
