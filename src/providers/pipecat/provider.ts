import type { Turns } from "../../contracts/turns.js";
import type { Attempt, Connection, Upcalls } from "../../contracts/connection.js";
import type { Command, Effect } from "../../contracts/dialogue.js";
import type { Provider, ProviderSession, SessionStart } from "../../contracts/provider.js";
import { socketConstructor } from "../../connection/socket-connection.js";
import { inputRateOf, outputRateOf } from "../../media/manager-rates.js";
import type { MediaManager } from "../../media/media-manager.js";
import { patienceOf, type TransportOptions } from "../../options.js";
import { redactor } from "../../util/redact.js";
import { AckTracker } from "./ack-tracker.js";
import { openBotConnection } from "./connection.js";
import { PipecatDialogue } from "./dialogue.js";
import { MessageWriter, MOST_BYTES } from "./message-writer.js";
import { NAME, PROCESSOR, SERVICE } from "./names.js";
import { OpenActivities } from "./open-activities.js";
import { DEFAULT_PLAYER_RATE, DEFAULT_RECORDER_RATE, type WebSocketTransportConstructorOptions } from "./options.js";
import { readTarget, resolveAddress, type Address, type Target } from "./params.js";
import { ProtobufFrameSerializer } from "./protobuf-serializer.js";
import { MICROPHONE_PAUSE_MS } from "../../policy/time.js";
import type { WebSocketSerializer } from "./serializer.js";

/** What the sessions of a provider have in common. */
interface SessionParts {
  /** Where the constructor says that the bot is. */
  readonly own: Target;
  readonly serializer: WebSocketSerializer;
  readonly writer: MessageWriter;
  /** Hz. */
  readonly recorderRate: number;
  readonly playerRate: number;
  /** A new name for what a connection plays. */
  readonly voice: () => string;
  readonly pings: "on" | "off";
  readonly WebSocket: TransportOptions["WebSocket"];
}

/** What an attempt is to do. */
interface BotPlan {
  readonly target: Target;
  readonly resuming: boolean;
}

/** A Pipecat bot behind a WebSocket server, as a provider. */
export class PipecatProvider implements Provider<Target> {
  readonly name = NAME;
  readonly service = SERVICE;
  readonly processor = PROCESSOR;
  readonly media = { uplink: "pcm", voice: "player", pauseMs: MICROPHONE_PAUSE_MS } as const;
  readonly maxMessageSize = MOST_BYTES;
  readonly #parts: SessionParts;

  /**
   * @param manager Its rates are believed, where it tells them.
   * @throws InvalidOptionsError naming the option that is wrong. A missing `wsUrl` is reported by `connect()`.
   */
  constructor(options: WebSocketTransportConstructorOptions, manager: MediaManager, transport: TransportOptions) {
    const serializer = options.serializer ?? new ProtobufFrameSerializer();
    let connections = 0;
    const { silence } = patienceOf(transport.timeouts);
    this.#parts = {
      own: readTarget(options),
      serializer,
      writer: new MessageWriter(serializer),
      recorderRate: inputRateOf(manager) ?? options.recorderSampleRate ?? DEFAULT_RECORDER_RATE,
      playerRate: outputRateOf(manager) ?? options.playerSampleRate ?? DEFAULT_PLAYER_RATE,
      voice: () => {
        connections += 1;
        return `utterance-${connections}`;
      },
      pings: silence > 0 && silence < Infinity ? "on" : "off",
      WebSocket: transport.WebSocket,
    };
  }

  readParams(params: unknown): Target {
    return readTarget(params);
  }

  begin({ params, kept }: SessionStart<Target>): ProviderSession<Target> {
    return new PipecatSession(this.#parts, params, kept instanceof OpenActivities ? kept : new OpenActivities());
  }
}

/** One session: what outlives its connections. */
class PipecatSession implements ProviderSession<Target, BotPlan, Address> {
  readonly #parts: SessionParts;
  readonly #acks = new AckTracker();
  /** Outlives the session as well: results of its calls may come in the next. */
  readonly #activities: OpenActivities;
  #target: Target;
  /** Waiting: the client has asked for the bot, and each connection from now on has to say so. */
  #client: "silent" | "waiting" = "silent";
  #dialogue: PipecatDialogue | undefined;

  constructor(parts: SessionParts, params: Target, activities: OpenActivities) {
    this.#parts = parts;
    this.#activities = activities;
    this.#target = { ...parts.own, ...params };
  }

  refresh(params: Target): void {
    this.#target = { ...this.#parts.own, ...params };
  }

  plan({ resuming }: Attempt): BotPlan {
    return { target: this.#target, resuming };
  }

  async credential({ target }: BotPlan, attempt: Attempt): Promise<Address> {
    socketConstructor(this.#parts.WebSocket);
    return resolveAddress(target, attempt);
  }

  open(_plan: BotPlan, address: Address, { signal }: Attempt, up: Upcalls): void {
    const { serializer, writer, recorderRate } = this.#parts;
    const closed = (error: Error): void => {
      // The app has sent the bot away, and this is how it went.
      if (this.#dialogue?.isDismissed === true) up.effects([{ type: "end" }]);
      up.closed(error);
    };
    const WebSocket = socketConstructor(this.#parts.WebSocket);
    openBotConnection({ address, WebSocket, signal, up: { ...up, closed }, serializer, writer, recorderRate });
  }

  dialogue({ resuming }: BotPlan, { secrets }: Address, _connection: Connection, turns: Turns): PipecatDialogue {
    const { serializer, writer, recorderRate, playerRate, pings, voice } = this.#parts;
    serializer.reset?.();
    this.#dialogue = new PipecatDialogue({
      writer,
      acks: this.#acks,
      activities: this.#activities,
      recorderRate,
      playerRate,
      voice: voice(),
      turns,
      now: () => performance.now(),
      redact: redactor(secrets),
      pings,
      bot: resuming ? "known" : "new",
      client: this.#client,
      asked: () => {
        this.#client = "waiting";
      },
    });
    return this.#dialogue;
  }

  /** The next connection greets the bot; everything else waits for it. */
  commandOffline({ type }: Command): Effect[] | "wait" {
    if (type !== "client-ready") return "wait";
    this.#client = "waiting";
    return [];
  }

  /** The calls of a bot that was lost, and did not come back, are over. */
  end(): { readonly effects: readonly Effect[]; readonly kept: OpenActivities } {
    const effects: Effect[] = this.#activities.settle(false).map((message) => ({ type: "deliver", message }));
    // The chart has ended, and its successor knows of none.
    this.#activities.takeFacts();
    return { effects, kept: this.#activities };
  }
}
