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

/** What Echo is told by its app. */
export interface EchoOptions {
  url: string;
  /** Asked for each connection: tokens do not live long. */
  token: () => Promise<string>;
}

const SERVICE = "Echo";

/** One connection's conversation: Echo's messages on one side, RTVI on the other, and nothing between them but data. */
class EchoDialogue implements Dialogue {
  #phase: "opening" | "ready" = "opening";
  #utterance = "";

  constructor(
    private readonly resuming: boolean,
    private readonly turns: Turns,
  ) {}

  get isReady(): boolean {
    return this.#phase === "ready";
  }

  /** While a reply is owed, silence means that the connection is dead. */
  get expects(): Dialogue["expects"] {
    return this.turns.is("expects.reply") ? "reply" : "nothing";
  }

  get isBusy(): boolean {
    return this.turns.is("busy");
  }

  open(): Effect[] {
    return [{ type: "send", event: { type: "hello", resuming: this.resuming } }];
  }

  receive(message: unknown): Effect[] {
    if (typeof message !== "string") return this.#sound(message as ArrayBuffer);
    const event = parse(message);
    if (event === undefined) {
      return [{ type: "report", error: new ProtocolError(`${SERVICE} sent what is not a JSON object.`) }];
    }
    switch (event.type) {
      case "ready":
        this.#phase = "ready";
        return [{ type: "ready", continuity: event.resumed === true ? "resumed" : "fresh" }];
      case "user":
        if (event.speaking !== true) return [{ type: "tell", fact: { type: "user.stopped", replyDue: true } }];
        return [...this.#interrupt("user"), { type: "tell", fact: { type: "user.started" } }];
      case "reply":
        this.#utterance = String(event.id);
        return [
          { type: "tell", fact: { type: "reply.began" } },
          { type: "deliver", message: { type: "bot-llm-started" } },
        ];
      case "words":
        return [{ type: "deliver", message: { type: "bot-llm-text", data: { text: String(event.text) } } }];
      case "done":
        return [
          { type: "deliver", message: { type: "bot-llm-stopped" } },
          { type: "tell", fact: { type: "reply.ended", another: false } },
        ];
      default:
        return [{ type: "log", level: "debug", message: `${SERVICE} said something unknown: ${String(event.type)}.` }];
    }
  }

  /** @throws UnsupportedFeatureError */
  command(command: Command): Effect[] {
    switch (command.type) {
      case "message": {
        const { type, data } = command.message;
        if (type !== "send-text") throw new UnsupportedFeatureError(type, SERVICE);
        return [
          ...this.#interrupt("text"),
          { type: "send", event: { type: "say", text: (data as { readonly content: string }).content } },
          { type: "tell", fact: { type: "reply.requested" } },
        ];
      }
      case "interrupt":
        return this.#interrupt("app");
      case "mic":
      case "client-ready":
        return [];
      default:
        throw new UnsupportedFeatureError(command.type, SERVICE);
    }
  }

  playback({ type }: PlaybackReport): Effect[] {
    if (type === "began") return [{ type: "tell", fact: { type: "voice.began" } }];
    return type === "drained" ? [{ type: "tell", fact: { type: "voice.drained" } }] : [];
  }

  /** Echo may know how much of its words was heard. */
  played(items: readonly PlayedItem[]): Effect[] {
    const heard = items.map(({ itemId, playedSamples, sampleRate }): Effect => {
      return {
        type: "send",
        event: { type: "heard", id: itemId, ms: Math.round((playedSamples / sampleRate) * 1000) },
      };
    });
    return [{ type: "tell", fact: { type: "voice.counted" } }, ...heard];
  }

  probe(): Effect[] {
    return [{ type: "send", event: { type: "ping" } }];
  }

  unsent(): Effect[] {
    return [];
  }

  end(): Effect[] {
    this.#phase = "opening";
    return [];
  }

  #sound(pcm: ArrayBuffer): Effect[] {
    const play: Effect = { type: "play", itemId: this.#utterance, pcm };
    return this.turns.is("voice.pending") ? [play] : [{ type: "tell", fact: { type: "voice.queued" } }, play];
  }

  #interrupt(by: "user" | "text" | "app"): Effect[] {
    const effects: Effect[] = [];
    if (this.turns.is("voice.pending")) {
      effects.push({ type: "flush" }, { type: "tell", fact: { type: "voice.flushed", by } });
    }
    if (this.turns.is("reply.generating")) {
      effects.push({ type: "tell", fact: { type: "reply.cancelled" } }, { type: "send", event: { type: "stop" } });
    }
    return effects;
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
          closed: meaningOf,
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
