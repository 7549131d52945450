import { RTVI_PROTOCOL_VERSION, type RTVIEventCallbacks, type RTVIMessage } from "@pipecat-ai/client-js";
import type { Continuity } from "../contracts/continuity.js";
import type { Provider, Responder } from "../contracts/provider.js";
import type { TurnEdge, TurnFact } from "../contracts/turns.js";
import type { DialogueRunner } from "../dialogue/dialogue-runner.js";
import type { TransportMedia } from "../media/transport-media.js";
import { BOT } from "../media/bot-participant.js";
import type { CallbackQueue } from "./callback-queue.js";
import type { ClientMessages } from "./client-messages.js";
import type { Session } from "./session.js";

/** What the turns need of their transport. */
export interface TurnCallbacksPorts {
  readonly queue: CallbackQueue;
  readonly session: Session;
  readonly runner: DialogueRunner;
  readonly media: TransportMedia;
  readonly messages: ClientMessages;
  readonly processor: Provider["processor"];
  readonly responder: () => Responder | undefined;
  readonly callbacks: () => RTVIEventCallbacks;
  /** Tells the client that the bot has left. */
  readonly botLeft: (callback: () => void) => void;
}

/** Facts on their way to the turns chart, and its edges on their way to the app. */
export class TurnCallbacks {
  readonly #ports: TurnCallbacksPorts;
  /** Who delivers bot-ready on the connection in use. */
  #botReady: "ours" | "delivered" = "ours";

  constructor(ports: TurnCallbacksPorts) {
    this.#ports = ports;
  }

  /** Tells the turns chart, and delivers its edges at this place. */
  tell(fact: TurnFact): void {
    for (const edge of this.#ports.session.turns.tell(fact)) this.#deliver(edge);
  }

  /** An edge that came of no fact. */
  unprompted(edge: TurnEdge): void {
    if (edge.type === "call-overdue") this.#overdue(edge.call, edge.afterMs);
    if (edge.type === "user-stopped-speaking") this.#ports.runner.do((dialogue) => dialogue.lulled?.());
    this.#deliver(edge);
  }

  /** The service is ready. @param botReady Who delivers bot-ready on this connection. */
  serviceReady(continuity: Continuity, botReady: "ours" | "delivered"): void {
    this.#botReady = botReady;
    // The bot joins before the session is announced as ready.
    this.tell({ type: "connection.ready", continuity });
  }

  /** The bot is ready, as far as the transport is the one to say so. */
  botIsReady(): void {
    if (this.#botReady === "ours") this.tell({ type: "bot.ready" });
  }

  /** A subclass delivers bot-ready itself: it is handed on if the app waits for one. */
  botReady(message: RTVIMessage): void {
    const { queue, session, messages } = this.#ports;
    queue.enter(() => {
      if (session.turns.tell({ type: "bot.ready" }).some(({ type }) => type === "bot-ready")) messages.pass(message);
    });
  }

  /** Not inside the chart's step: it asks the chart where it is. */
  #overdue(call: number, afterMs: number): void {
    const { queue, messages } = this.#ports;
    const what = `had no result within ${afterMs} ms: its handler is missing, failed, is slow, or resolved to nothing`;
    queueMicrotask(() => queue.enter(() => messages.failCall(call, { what })));
  }

  #deliver(edge: TurnEdge): void {
    const { queue, media, messages, callbacks, botLeft } = this.#ports;
    switch (edge.type) {
      case "bot-joined":
        // A server that says bot-ready itself has no room that the bot would join.
        if (this.#botReady === "delivered") break;
        queue.post(() => callbacks().onParticipantJoined?.(BOT));
        queue.post(() => callbacks().onBotConnected?.(BOT));
        break;
      case "bot-left":
        if (this.#botReady === "delivered") break;
        queue.post(() => callbacks().onParticipantLeft?.(BOT));
        queue.post(() => botLeft(() => callbacks().onBotDisconnected?.(BOT)));
        break;
      case "bot-ready":
        if (this.#botReady === "ours") messages.deliver({ type: "bot-ready", data: this.#aboutBot() });
        break;
      case "call-overdue":
      case "calls-dropped":
        // The dialogue ends them, which knows them.
        break;
      default:
        media.follow(edge.type);
        messages.edge(edge.type);
    }
  }

  #aboutBot(): unknown {
    const about = { library: "rtvi-machine", service: this.#ports.processor };
    const config = this.#ports.responder()?.config;
    return { version: RTVI_PROTOCOL_VERSION, about, ...(config !== undefined && { config }) };
  }
}
