import { CONVERSATION_LIMITS } from "../bounded-list.js";
import type { Piece } from "../bot/turn.js";
import type { JsonObject } from "../json.js";
import { SessionWaits } from "../session-waits.js";
import type { ClientMessage } from "./client-message.js";
import { readContent, type Content } from "./contents.js";
import { Dialogue, type DialogueParts } from "./dialogue.js";
import { Ears } from "./ears.js";
import type { Snapshot } from "./handles.js";
import { invalidArgument } from "./refusal.js";

type ClientContent = NonNullable<ClientMessage["clientContent"]>;

/** A session after its setup: what each message of the client does. */
export class Talk {
  readonly #parts: DialogueParts;
  readonly #dialogue: Dialogue;
  readonly #ears: Ears;
  readonly #waits: SessionWaits;
  /** Whether `clientContent` is still history. */
  #history: boolean;
  #updates: JsonObject = {};

  constructor(parts: DialogueParts, restored: Snapshot | undefined) {
    this.#parts = parts;
    this.#waits = new SessionWaits(parts.timers);
    this.#history = parts.setup.initialHistory;
    this.#dialogue = new Dialogue(parts, restored);
    this.#ears = new Ears({
      setup: parts.setup,
      started: () => {
        this.#waits.callOff();
        if (parts.setup.interrupts) this.#dialogue.interrupt();
      },
      ended: (pieces) => this.#heard(pieces),
    });
  }

  get contents(): readonly Content[] {
    return this.#dialogue.contents;
  }

  get receivedMs(): number {
    return this.#ears.receivedMs;
  }

  /** What `contextUpdate` has changed of the setup. */
  get updates(): JsonObject {
    return this.#updates;
  }

  /** Gives the first handle, and greets soon unless somebody comes first. A conversation that goes on has been greeted. */
  begin(isResumption: boolean): void {
    this.#dialogue.announceHandle();
    const { greet, greetAfterMs } = this.#parts.settings;
    if (greet && !isResumption) this.#waits.greetAfter(greetAfterMs, () => this.#dialogue.greet());
  }

  /** @throws Refusal when the message asks for what this session does not do. */
  take(message: ClientMessage): void {
    if (message.realtimeInput) {
      this.#history = false;
      this.#ears.take(message.realtimeInput);
    }
    if (message.clientContent) this.#content(message.clientContent);
    if (message.toolResponse) this.#dialogue.respond(message.toolResponse.functionResponses ?? []);
    if (message.contextUpdate) this.#updates = { ...this.#updates, ...message.contextUpdate };
  }

  #content({ turns = [], turnComplete = false }: ClientContent): void {
    const contents = turns.map((turn, index) => readContent(turn, `client_content.turns[${String(index)}]`));
    if (!this.#history && this.#parts.setup.historyOnly) {
      throw invalidArgument(
        "Request contains an invalid argument: this model takes clientContent for initial history only.",
      );
    }
    this.#waits.callOff();
    this.#dialogue.interrupt();
    for (const content of contents.slice(-CONVERSATION_LIMITS.most)) this.#add(content);
    if (this.#history) {
      this.#history = !turnComplete;
      this.#dialogue.announceHandle();
    } else if (turnComplete) this.#dialogue.answer();
    else this.#dialogue.announceHandle();
  }

  #heard(pieces: readonly Piece[]): void {
    const { setup, send } = this.#parts;
    const parts = pieces.map((piece) => {
      if (piece.kind !== "sound") return piece;
      const transcript = this.#dialogue.hear(piece.pcm);
      if (setup.transcribesInput) {
        for (const text of transcript.match(/\S+\s*/g) ?? []) send({ serverContent: { inputTranscription: { text } } });
      }
      return { ...piece, transcript };
    });
    this.#add({ role: "user", parts });
    this.#dialogue.answer();
  }

  #add(content: Content): void {
    const words = content.parts.map((part) => {
      if (part.kind === "text") return part.text;
      return part.kind === "sound" ? (part.transcript ?? "(sound)") : `(${part.kind})`;
    });
    this.#parts.log.line(content.role === "user" ? "user" : "session", words.join(" "));
    this.#dialogue.add(content);
  }
}
