import { OpenAIRealTimeWebSocketTransport } from "../../../../src/providers/openai/index.js";
import type { TransportOptions } from "../../../../src/options.js";
import type { ScriptedMediaManager } from "../../../../src/testing/index.js";
import { EDGES, ScriptedService, type ServiceSocket } from "./scripted-service.js";
import { pcm, server } from "../messages/openai.js";
import { canary } from "../secrets/secrets.js";
import type { Acts } from "../models/steps.js";

/** How long a session lasts, in ms. */
const LIFE = 60_000;

type ClientEvent = { readonly type: string; readonly response_id?: string };

/** OpenAI's Realtime API, as far as a session can tell it from the real one. */
export class ScriptedOpenAI extends ScriptedService {
  readonly watched = { pairs: EDGES, single: ["user-speaking", "bot-speaking"], sentences: true };
  readonly keepsTexts = true;
  /** The response that it is making. */
  response: string | undefined;
  /** What it makes, or made last. */
  item = "item_none";
  #userItem = "item_u0";
  readonly #configured = new WeakSet<ServiceSocket>();

  transport(media: ScriptedMediaManager, options: TransportOptions): OpenAIRealTimeWebSocketTransport {
    return new OpenAIRealTimeWebSocketTransport(
      { api_key: canary(), reconnect_before_ms: 10_000, max_session_ms: LIFE },
      media,
      options,
    );
  }

  heard(socket: ServiceSocket, data: unknown): void {
    const text = String(data);
    const event = JSON.parse(text) as ClientEvent;
    if (event.type === "conversation.item.create") this.note(socket, text);
    else if (event.type === "input_audio_buffer.append") this.audio += 1;
    else if (event.type === "session.update") this.#updated(socket);
    else if (event.type === "response.cancel") this.#cancelled(socket);
  }

  greet(socket: ServiceSocket): void {
    this.response = undefined;
    if (this.script.ready === "at once") this.reply(socket, { type: "session.created", session: this.session });
  }

  answer(): void {
    this.begin();
    this.speak();
    this.end("completed");
  }

  get session(): object {
    return { type: "realtime", id: "sess_1", expires_at: (Date.now() + LIFE) / 1000 };
  }

  begin(): void {
    this.response = `resp_${this.next()}`;
    this.item = `item_${this.next()}`;
    this.say(server.created(this.response));
  }

  /** Of the response that it is making, or late of the last one. */
  speak(): void {
    const response = this.response ?? "resp_late";
    this.say(server.audio(20, response, this.item));
    this.say(server.transcript("A word. ", response, this.item));
  }

  end(status: string): void {
    this.say(server.done(this.response ?? "resp_late", { status }));
    this.response = undefined;
  }

  call(whole: boolean): void {
    const response = this.response ?? "resp_late";
    const call = `call_${this.next()}`;
    this.say(server.callAdded(call, "f", response));
    if (whole) this.say(server.callArguments(call, "{}", { name: "f" }, response));
  }

  userStarts(): void {
    this.#userItem = `item_u${this.next()}`;
    this.say({ ...server.started, item_id: this.#userItem });
  }

  userStops(): void {
    this.say({ ...server.stopped, item_id: this.#userItem });
    this.say({ ...server.committed, item_id: this.#userItem });
  }

  transcript(how: "delta" | "completed" | "failed"): void {
    this.say({
      type: `conversation.item.input_audio_transcription.${how}`,
      item_id: this.#userItem,
      ...{ delta: { delta: "some " }, completed: { transcript: "some words" }, failed: { error: {} } }[how],
    });
  }

  protected encode(message: unknown): string {
    return typeof message === "string" ? message : JSON.stringify(message);
  }

  #updated(socket: ServiceSocket): void {
    const isFirst = !this.#configured.has(socket);
    this.#configured.add(socket);
    if (isFirst || this.script.questions === "answer") {
      this.reply(socket, { type: "session.updated", session: this.session });
    }
  }

  #cancelled(socket: ServiceSocket): void {
    if (this.response === undefined) this.reply(socket, server.error({ code: "response_cancel_not_active" }));
    else this.reply(socket, server.done(this.response, { status: "cancelled" }));
    this.response = undefined;
  }
}

export const OPENAI_ACTS: Acts<ScriptedOpenAI> = {
  "session ready": (service) => {
    service.say({ type: "session.created", session: service.session });
    service.say({ type: "session.updated", session: service.session });
  },
  "user starts": (service) => {
    service.userStarts();
  },
  "user stops": (service) => {
    service.userStops();
  },
  "some words of the user": (service) => {
    service.transcript("delta");
  },
  "all words of the user": (service) => {
    service.transcript("completed");
  },
  "no words of the user": (service) => {
    service.transcript("failed");
  },
  "response begins": (service) => {
    service.begin();
  },
  "bot speaks": (service) => {
    service.speak();
  },
  "bot writes": (service) => {
    service.say(server.text("Words. ", service.response, service.item));
  },
  "bot has spoken": (service) => {
    service.say(server.audioDone(service.response, service.item));
    service.say(server.transcriptDone("A word. ", service.response, service.item));
  },
  "speaks out of band": (service) => {
    service.say(server.created("resp_aside", { conversation_id: null }));
    service.say({ ...server.audio(20, "resp_aside", "item_aside"), delta: pcm(20) });
    service.say(server.done("resp_aside", { conversation_id: null }));
  },
  "response done": (service) => {
    service.end("completed");
  },
  "response cancelled": (service) => {
    service.end("cancelled");
  },
  "response fails": (service) => {
    service.end("failed");
  },
  "whole answer": (service) => {
    service.answer();
  },
  "announces a call": (service) => {
    service.call(false);
  },
  "calls a function": (service) => {
    service.call(true);
  },
  usage: (service) => {
    service.say({ type: "rate_limits.updated", rate_limits: [] });
  },
  "settings are as they are": (service) => {
    service.say({ type: "session.updated", session: service.session });
  },
  "item truncated": (service) => {
    service.say({ type: "conversation.item.truncated", item_id: service.item, content_index: 0, audio_end_ms: 10 });
  },
  "refuses something": (service) => {
    service.say(server.error({ code: "invalid_value" }));
  },
  "is busy": (service) => {
    service.say(server.error({ code: "conversation_already_has_active_response" }));
  },
  "session has expired": (service) => {
    service.say(server.error({ code: "session_expired" }));
  },
  "key is revoked": (service) => {
    service.say(server.error({ code: "invalid_api_key" }));
  },
};
