import { UnsupportedFeatureError } from "@pipecat-ai/client-js";
import {
  AuthenticationError,
  ConnectionFailedError,
  ConnectionLostError,
  openSocketConnection,
  ProtocolError,
  VoiceTransport,
  type Command,
  type Dialogue,
  type Effect,
  type MediaManager,
  type PlaybackReport,
  type PlayedItem,
  type Provider,
  type ProviderSession,
  type TransportOptions,
  type Turns,
  type WebSocketConstructor,
} from "rtvi-machine";
import { Bot, EffectSink, redactor } from "rtvi-machine/dialogue";

/** What Echo is told by its app. */
export interface EchoOptions {
  url: string;
  /** Asked for each connection: tokens do not live long. */
  token: () => Promise<string>;
}

const SERVICE = "Echo";

/**
 * One connection's conversation: Echo's messages on one side, RTVI on the other, and nothing between them but data. What Echo says
 * of its bot is decoded into events; the bot makes of them what the app, the player and the turns are told.
 */
class EchoDialogue implements Dialogue {
  #phase: "opening" | "ready" = "opening";
  #reply = "";
  readonly #sink: EffectSink;
  readonly #bot: Bot;

  constructor(
    private readonly resuming: boolean,
    turns: Turns,
  ) {
    this.#sink = new EffectSink(turns);
    this.#bot = new Bot(this.#sink, {
      processor: "echo",
      now: () => performance.now(),
      // Echo may know how much of its words was heard.
      truncate: (id, ms) => this.#sink.send({ type: "heard", id, ms }),
    });
  }

  get isReady(): boolean {
    return this.#phase === "ready";
  }

  /** While a reply is owed, silence means that the connection is dead. */
  get expects(): Dialogue["expects"] {
    return this.#sink.is("expects.reply") ? "reply" : "nothing";
  }

  get isBusy(): boolean {
    return this.#sink.is("busy");
  }

  open(): Effect[] {
    return [{ type: "send", event: { type: "hello", resuming: this.resuming } }];
  }

  receive(message: unknown): Effect[] {
    const piece = { reply: this.#reply, item: this.#reply };
    if (typeof message === "string") this.#decode(parse(message));
    else this.#bot.handle({ type: "audio", ...piece, pcm: () => message as ArrayBuffer });
    return this.#sink.take();
  }

  /** @throws UnsupportedFeatureError */
  command(command: Command): Effect[] {
    switch (command.type) {
      case "message": {
        const { type, data } = command.message;
        if (type !== "send-text") throw new UnsupportedFeatureError(type, SERVICE);
        this.#interrupt("text");
        this.#sink.send({ type: "say", text: (data as { readonly content: string }).content });
        this.#sink.tell({ type: "reply.requested" });
        break;
      }
      case "interrupt":
        this.#interrupt("app");
        break;
      case "mic":
      case "client-ready":
        break;
      default:
        throw new UnsupportedFeatureError(command.type, SERVICE);
    }
    return this.#sink.take();
  }

  playback(report: PlaybackReport): Effect[] {
    this.#bot.playback(report);
    return this.#sink.take();
  }

  played(items: readonly PlayedItem[]): Effect[] {
    this.#bot.cut(items);
    return this.#sink.take();
  }

  probe(): Effect[] {
    return [{ type: "send", event: { type: "ping" } }];
  }

  unsent(): Effect[] {
    return [];
  }

  end(): Effect[] {
    this.#phase = "opening";
    this.#bot.end();
    return this.#sink.take();
  }

  #decode(event: Readonly<Record<string, unknown>> | undefined): void {
    if (event === undefined) {
      this.#sink.report(new ProtocolError(`${SERVICE} sent what is not a JSON object.`));
      return;
    }
    const reply = this.#reply;
    switch (event.type) {
      case "ready":
        this.#phase = "ready";
        this.#sink.add({ type: "ready", continuity: event.resumed === true ? "resumed" : "fresh" });
        break;
      case "user":
        if (event.speaking === true) this.#interrupt("user");
        else this.#sink.tell({ type: "user.stopped", replyDue: true });
        break;
      case "reply":
        this.#reply = String(event.id);
        this.#bot.handle({ type: "reply.began", reply: this.#reply, kind: "conversation" });
        break;
      case "words":
        this.#bot.handle({ type: "words", reply, item: reply, text: String(event.text), form: "spoken" });
        break;
      case "done":
        this.#bot.handle({ type: "reply.ended", reply, how: "completed" });
        break;
      default:
        this.#sink.debug(`${SERVICE} said something unknown: ${String(event.type)}.`);
    }
  }

  /** Silence comes first, then what caused it. */
  #interrupt(by: "user" | "text" | "app"): void {
    this.#bot.silence();
    if (by === "user") this.#sink.tell({ type: "user.started" });
    if (this.#sink.is("reply.generating")) this.#sink.send({ type: "stop" });
    this.#bot.interrupt(by);
  }
}

/** Echo, as a value. */
class EchoProvider implements Provider {
  readonly name = "EchoTransport";
  readonly service = SERVICE;
  readonly processor = "echo";
  readonly media = { uplink: "pcm", voice: "player" } as const;

  constructor(
    private readonly options: EchoOptions,
    private readonly WebSocket: WebSocketConstructor = globalThis.WebSocket,
  ) {}

  readParams(params: unknown): unknown {
    return params;
  }

  begin(): ProviderSession<unknown, boolean, string> {
    const { url, token } = this.options;
    const { WebSocket } = this;
    return {
      refresh: () => undefined,
      plan: ({ resuming }) => resuming,
      credential: () => token(),
      open: (_resuming, credential, { signal }, up) => {
        openSocketConnection({
          url,
          protocols: ["echo", `token.${credential}`],
          WebSocket,
          signal,
          up,
          encodeAudio: (pcm) => pcm,
          // Echo may quote the token that it does not take.
          closed: (code, reason) => meaningOf(code, redactor([credential])(reason)),
          refused: (code) => new ConnectionFailedError(`${SERVICE} cannot be reached (${code}).`, { retryable: true }),
        });
      },
      dialogue: (resuming, _credential, _connection, turns) => new EchoDialogue(resuming, turns),
      commandOffline: () => "wait",
      end: () => ({ effects: [], kept: undefined }),
    };
  }
}

/** A drop-in RTVI transport for Echo. */
export class EchoTransport extends VoiceTransport {
  constructor(options: EchoOptions, manager?: MediaManager, transportOptions: TransportOptions = {}) {
    super(new EchoProvider(options, transportOptions.WebSocket), manager, transportOptions);
  }
}

/** What the close of an open connection means: only what may pass is tried again. */
function meaningOf(code: number, reason: string): Error {
  if (code === 4001) return new AuthenticationError(`${SERVICE} does not take the token: ${reason}`);
  return new ConnectionLostError(`${SERVICE} closed the connection (${code}).`, { closeCode: code, retryable: true });
}

function parse(message: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const event: unknown = JSON.parse(message);
    return typeof event === "object" && event !== null ? { ...event } : undefined;
  } catch {
    return undefined;
  }
}
