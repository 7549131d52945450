import { Frame } from "../../../../src/codec/pipecat/frames.js";
import type { TransportOptions } from "../../../../src/options.js";
import { WebSocketTransport } from "../../../../src/providers/pipecat/index.js";
import type { ScriptedMediaManager } from "../../../../src/testing/index.js";
import { ScriptedService, type ServiceSocket } from "./scripted-service.js";
import type { Acts } from "../models/steps.js";

interface RtviMessage {
  readonly type: string;
  readonly id?: string;
}

const PAIRS: readonly string[] = ["user-speaking", "bot-speaking", "bot-llm"];

/** A Pipecat bot, as far as a session can tell it from a real one. */
export class ScriptedPipecat extends ScriptedService {
  // The rest is the bot's own word, passed on.
  readonly watched = { pairs: PAIRS, single: PAIRS, sentences: false };
  // A bot lives as long as its connection.
  readonly keepsTexts = false;
  /** Whether the bot goes on where another was. */
  remembers = false;
  /** What it has begun on this connection. */
  readonly #begun = new Set<string>();

  transport(mediaManager: ScriptedMediaManager, options: TransportOptions): WebSocketTransport {
    return new WebSocketTransport({ wsUrl: "ws://bot.test/ws-client" }, mediaManager, options);
  }

  heard(socket: ServiceSocket, data: unknown): void {
    const { frame } = Frame.decode(data as Uint8Array);
    if (frame?.$case === "audio") this.audio += 1;
    if (frame?.$case !== "message") return;
    const message = JSON.parse(frame.value.data) as RtviMessage;
    this.note(socket, frame.value.data);
    if (message.type === "client-ready" && this.script.ready === "at once") {
      this.reply(socket, this.botReady(message.id));
    }
  }

  /** The first word is the app's. */
  greet(): void {
    this.#begun.clear();
  }

  answer(): void {
    this.begins("bot-llm-started");
    this.begins("bot-started-speaking");
    this.sound();
    this.tell("bot-output", { text: "A word.", spoken: true, aggregated_by: "sentence" });
    this.ends("bot-llm-stopped");
    this.ends("bot-stopped-speaking");
  }

  botReady(id = "ready"): object {
    return message("bot-ready", { version: "2.1.0", ...(this.remembers && { resumed: true }) }, id);
  }

  tell(type: string, data: object = {}): void {
    this.say(message(type, data));
  }

  /** Something begins; it never says so twice. */
  begins(type: string): void {
    const end = type.replace("started", "stopped");
    if (this.#begun.has(end) || this.socket === undefined) return;
    this.#begun.add(end);
    this.tell(type);
  }

  /** Something ends that has begun. */
  ends(type: string): void {
    if (this.#begun.delete(type)) this.tell(type);
  }

  call(): void {
    this.tell("llm-function-call-in-progress", { tool_call_id: `call_${this.next()}`, function_name: "f" });
  }

  sound(): void {
    const value = { id: 0n, name: "audio", audio: new Uint8Array(640), sampleRate: 24_000, numChannels: 1 };
    this.say(Frame.encode({ frame: { $case: "audio", value } }).finish());
  }

  protected encode(said: unknown): string | ArrayBuffer {
    if (typeof said === "string") return said;
    const frame = said instanceof Uint8Array ? said : messageFrame(said);
    return Uint8Array.from(frame).buffer;
  }
}

function message(type: string, data: object, id = "bot"): object {
  return { label: "rtvi-ai", type, id, data };
}

function messageFrame(said: unknown): Uint8Array {
  return Frame.encode({ frame: { $case: "message", value: { data: JSON.stringify(said) } } }).finish();
}

const tells = (type: string, data: object = {}): ((service: ScriptedPipecat) => void) => {
  return (service) => {
    service.tell(type, data);
  };
};

const begins = (type: string) => (service: ScriptedPipecat) => {
  service.begins(type);
};
const ends = (type: string) => (service: ScriptedPipecat) => {
  service.ends(type);
};

export const PIPECAT_ACTS: Acts<ScriptedPipecat> = {
  "session ready": (service) => {
    service.say(service.botReady());
  },
  "bots remember": (service) => {
    service.remembers = true;
  },
  "bots forget": (service) => {
    service.remembers = false;
  },
  "user starts": begins("user-started-speaking"),
  "user stops": ends("user-stopped-speaking"),
  "words of the user": tells("user-transcription", { text: "words", final: true, timestamp: "", user_id: "user" }),
  "response begins": begins("bot-llm-started"),
  "response done": ends("bot-llm-stopped"),
  "bot starts": begins("bot-started-speaking"),
  "bot stops": ends("bot-stopped-speaking"),
  "bot sounds": (service) => {
    service.sound();
  },
  "bot writes": tells("bot-output", { text: "Words.", spoken: false, aggregated_by: "sentence" }),
  "whole answer": (service) => {
    service.answer();
  },
  "calls a function": (service) => {
    service.call();
  },
  "call is over": tells("llm-function-call-stopped", { cancelled: true }),
  usage: tells("metrics", { tokens: [] }),
  "says something of its own": tells("server-message", { any: "thing" }),
  interruption: (service) => {
    service.say(Frame.encode({ frame: { $case: "interruption", value: { id: 0n, name: "interruption" } } }).finish());
  },
  "has trouble": tells("error", { error: "trouble", fatal: false }),
  "cannot go on": tells("error", { error: "the end", fatal: true }),
};
