import { GeminiLiveWebsocketTransport } from "../../../../src/providers/gemini/index.js";
import type { TransportOptions } from "../../../../src/options.js";
import type { ScriptedMediaManager } from "../../../../src/testing/index.js";
import { server } from "../messages/gemini.js";
import { EDGES, ScriptedService, type ServiceSocket } from "./scripted-service.js";
import { canary } from "../secrets/secrets.js";
import type { Acts } from "../models/steps.js";

interface ClientMessage {
  readonly setup?: { readonly sessionResumption?: { readonly handle?: string } };
  readonly clientContent?: object;
  readonly toolResponse?: { readonly functionResponses: readonly { readonly id: string }[] };
  readonly realtimeInput?: { readonly audio?: object };
}

/** Gemini's Live API, as far as a session can tell it from the real one. */
export class ScriptedGemini extends ScriptedService {
  readonly watched = { pairs: EDGES, single: ["user-speaking", "bot-speaking"], sentences: true };
  readonly keepsTexts = true;
  /** What each handle brings back. */
  readonly #handles = new Map<string, ReadonlySet<string>>();
  /** What a connection came back with. */
  readonly #resumed = new WeakMap<ServiceSocket, ReadonlySet<string>>();
  /** What is part of the conversation for good: what was told before a turn that is over. */
  #settled = new Set<string>();
  /** What was told when the turn that it is making began; undefined between turns. */
  #turn: ReadonlySet<string> | undefined;
  readonly #calls = new Set<string>();

  transport(media: ScriptedMediaManager, options: TransportOptions): GeminiLiveWebsocketTransport {
    return new GeminiLiveWebsocketTransport({ api_key: canary("AIza") }, media, options);
  }

  heard(socket: ServiceSocket, data: unknown): void {
    const text = String(data);
    const message = JSON.parse(text) as ClientMessage;
    if (message.setup !== undefined) this.#setUp(socket, message.setup.sessionResumption?.handle);
    if (message.clientContent !== undefined) this.note(socket, text);
    if (message.realtimeInput?.audio !== undefined) this.audio += 1;
    for (const { id } of message.toolResponse?.functionResponses ?? []) this.#calls.delete(id);
  }

  /** The first word is the app's. */
  greet(): void {}

  override knows(socket: ServiceSocket): ReadonlySet<string> {
    return new Set([...(this.#resumed.get(socket) ?? []), ...socket.texts]);
  }

  answer(): void {
    this.speak();
    this.say(server.generated);
    this.complete();
  }

  begin(): void {
    const { socket } = this;
    if (socket !== undefined) this.#turn ??= this.knows(socket);
  }

  speak(): void {
    this.begin();
    this.say(server.audio(20));
    this.say(server.said("A word. "));
  }

  complete(): void {
    this.#settle();
    this.say(server.complete);
  }

  interrupt(): void {
    this.#settle();
    this.say(server.interrupted);
    this.say(server.complete);
  }

  call(): void {
    this.begin();
    const call = `call_${this.next()}`;
    this.#calls.add(call);
    this.say(server.call(call));
  }

  cancel(): void {
    for (const call of this.#calls) {
      this.#calls.delete(call);
      this.say(server.cancel(call));
      return;
    }
  }

  /** A handle, or the news that there is none while it makes something. */
  handOut(): void {
    const makes = this.#turn !== undefined || this.#calls.size > 0;
    this.say(makes ? { sessionResumptionUpdate: { resumable: false, newHandle: "" } } : this.#handle());
  }

  protected encode(message: unknown): string | ArrayBuffer {
    const text = typeof message === "string" ? message : JSON.stringify(message);
    // Its JSON comes in binary frames.
    return new TextEncoder().encode(text).buffer;
  }

  #handle(): object {
    const newHandle = `handle_${this.next()}`;
    this.#handles.set(newHandle, new Set(this.#settled));
    return { sessionResumptionUpdate: { resumable: true, newHandle } };
  }

  #settle(): void {
    for (const text of this.#turn ?? []) this.#settled.add(text);
    this.#turn = undefined;
  }

  #setUp(socket: ServiceSocket, handle: string | undefined): void {
    const known = this.#handles.get(handle ?? "") ?? new Set<string>();
    this.#resumed.set(socket, known);
    this.#settled = new Set(known);
    this.#turn = undefined;
    this.#calls.clear();
    if (this.script.ready === "never") return;
    this.reply(socket, { setupComplete: {} });
    this.reply(socket, this.#handle());
  }
}

const voice = (voiceActivityType: string): object => ({ voiceActivity: { voiceActivityType } });

export const GEMINI_ACTS: Acts<ScriptedGemini> = {
  "session ready": (service) => {
    service.say({ setupComplete: {} });
  },
  "hands out a handle": (service) => {
    service.handOut();
  },
  "does not know the session any more": ({ socket }) => {
    socket?.ends(1008, "unknown session");
  },
  "goes away in 2 s": (service) => {
    service.say({ goAway: { timeLeft: "2s" } });
  },
  "goes away in 50 s": (service) => {
    service.say({ goAway: { timeLeft: "50s" } });
  },
  "user starts": (service) => {
    service.say(voice("ACTIVITY_START"));
  },
  "user stops": (service) => {
    service.say(voice("ACTIVITY_END"));
  },
  "some words of the user": (service) => {
    service.say(server.heard("some "));
  },
  "all words of the user": (service) => {
    service.say(server.heard("words", { finished: true }));
  },
  "bot speaks": (service) => {
    service.speak();
  },
  "bot writes": (service) => {
    service.begin();
    service.say(server.text("Words. "));
  },
  "bot thinks": (service) => {
    service.begin();
    service.say(server.text("Hm.", { thought: true }));
  },
  "answer is generated": (service) => {
    service.say(server.generated);
  },
  "turn complete": (service) => {
    service.complete();
  },
  "turn interrupted": (service) => {
    service.interrupt();
  },
  "whole answer": (service) => {
    service.answer();
  },
  "whole answer and a handle": (service) => {
    service.answer();
    service.handOut();
  },
  "calls a function": (service) => {
    service.call();
  },
  "cancels a call": (service) => {
    service.cancel();
  },
  usage: (service) => {
    service.say({ usageMetadata: { totalTokenCount: 9 } });
  },
};
