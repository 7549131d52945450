import { bytesToMs, trimQuietEnd } from "../audio/pcm.js";
import { thresholdToDb } from "../audio/vad.js";
import { answerClip } from "../audio/voice.js";
import { seconds } from "../conversation-log.js";
import type { JsonObject } from "../json.js";
import type { ScriptedTurn, Settings } from "../options.js";
import { callsInText, forcedCall, type PlannedCall } from "./tool-calls.js";
import type { Piece, Turn } from "./turn.js";

/** What a response will be. */
export type Plan =
  | { readonly kind: "message"; readonly words: string; readonly pcm: Buffer }
  | { readonly kind: "calls"; readonly calls: readonly PlannedCall[] };

/** What a response may do. */
export interface ReplyRules {
  /** Names of the functions that may be called. */
  readonly tools: readonly string[];
  /** `none`, `required` or `{ name }` force or forbid calls; anything else leaves it to the text. */
  readonly toolChoice?: unknown;
  /** Instructions of this one response. */
  readonly instructions?: string | undefined;
}

/** Quiet left after the speaker's last word, in ms. */
const KEPT_QUIET_MS = 200;

/** What stands in for words where nobody recognises speech. */
function speechNote(pcm: Buffer): string {
  return `(speech, ${seconds(bytesToMs(pcm.length))})`;
}

function wordsOf(piece: Piece): string {
  if (piece.kind === "text") return piece.text;
  return piece.kind === "sound" ? (piece.transcript ?? speechNote(piece.pcm)) : `(image, ${piece.mimeType})`;
}

function textOf(turn: Turn): string {
  return turn.messages.map((pieces) => pieces.map(wordsOf).join(" ")).join(" ");
}

function soundIn(turn: Turn): Buffer[] {
  return turn.messages.flat().flatMap((piece) => (piece.kind === "sound" ? piece.pcm : []));
}

/**
 * Decides a session's answers: repeats speech, acknowledges text, calls the tools that a text names, quotes their
 * outputs. It knows no protocol.
 */
export class Replier {
  readonly #script: readonly ScriptedTurn[];
  readonly #defaults: Readonly<Record<string, JsonObject>>;
  readonly #quietDb: number;
  #turns: number;

  /** `turnsTaken`: entries of the script that an earlier connection of the same conversation used up. */
  constructor(settings: Settings, turnsTaken = 0) {
    this.#turns = turnsTaken;
    this.#script = settings.script;
    this.#defaults = settings.tools;
    this.#quietDb = thresholdToDb(settings.vad.threshold) - 6;
  }

  /** How many turns of the user were answered. */
  get turnsTaken(): number {
    return this.#turns;
  }

  /** What a spoken turn is taken to say, before it is answered. */
  hear(pcm: Buffer): string {
    return this.#script[this.#turns]?.heard ?? speechNote(pcm);
  }

  /** The answer to a turn. Each turn of the user takes one entry of the script. */
  answer(turn: Turn, rules: ReplyRules): Plan {
    if (turn.outputs.length > 0) return this.#quote(turn);
    const scripted = turn.messages.length > 0 ? this.#script[this.#turns] : undefined;
    if (turn.messages.length > 0) this.#turns += 1;
    const said = scripted?.heard ?? textOf(turn);
    const calls = scripted?.calls
      ? scripted.calls.map((call) => ({ name: call.name, arguments: argumentsText(call.arguments) }))
      : this.#calls([said, rules.instructions ?? ""].join(" "), rules);
    if (calls.length > 0) return { kind: "calls", calls };
    return { kind: "message", words: scripted?.say ?? acknowledge(said, rules.instructions), pcm: this.#voice(turn) };
  }

  /** The speaker's own, where there is one. */
  #voice(turn: Turn): Buffer {
    const sound = soundIn(turn);
    if (sound.length === 0) return answerClip().pcm;
    return trimQuietEnd(Buffer.concat(sound), this.#quietDb, KEPT_QUIET_MS);
  }

  #calls(text: string, rules: ReplyRules): readonly PlannedCall[] {
    if (rules.toolChoice === "none") return [];
    const asked = callsInText(text, rules.tools, this.#defaults);
    return asked.length > 0 ? asked : forcedCall(rules.toolChoice, rules.tools, this.#defaults);
  }

  #quote(turn: Turn): Plan {
    // An empty output is shown as what it is: a reader should see that something came back.
    const results = turn.outputs.map(({ name, output }) => `${name} returned ${output === "" ? '""' : output}.`);
    const said = textOf(turn);
    const words = said === "" ? results : [...results, `You said: ${said}`];
    return { kind: "message", words: words.join(" "), pcm: this.#voice(turn) };
  }
}

/** The line of the conversation log for an answer. */
export function describePlan(plan: Plan, inSound: boolean): ["bot" | "tool", string] {
  if (plan.kind === "calls") return ["tool", plan.calls.map((call) => `${call.name}(${call.arguments})`).join(", ")];
  const voice = inSound ? ` (voice, ${seconds(bytesToMs(plan.pcm.length))})` : "";
  return ["bot", `${plan.words}${voice}`];
}

function argumentsText(value: JsonObject | string | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? {});
}

function acknowledge(said: string, instructions: string | undefined): string {
  if (said !== "") return `You said: ${said}`;
  return instructions === undefined ? "There is nothing to answer yet." : `You asked: ${instructions}`;
}
