import type { RTVIMessage } from "@pipecat-ai/client-js";
import type { Due } from "../../contracts/wire.js";
import type { PlaybackReport, PlayedItem } from "../../contracts/speaker.js";
import { NotReadyError, ProtocolError, type RtviMachineError } from "../../errors.js";
import type { Logger } from "../../log.js";
import type { Effect, RtviOut } from "./effects.js";
import { asProtocolError } from "./field-reader.js";
import { Intake } from "./intake.js";
import type { JsonRecord } from "./records.js";

/**
 * A service's protocol on one side, RTVI on the other, and nothing between them but data: every call returns what is to
 * be done. One conversation lives as long as one wire.
 */
export interface ServiceConversation {
  /** Whether messages of the app can be taken. */
  readonly isReady: boolean;
  /** When the service will end the session, in epoch seconds; undefined where it does not say. */
  readonly expiresAt?: number | undefined;
  /** What the service owes now. Absent where nobody can tell: its silence then means nothing. */
  readonly due?: Due;
  /** A message of the service. What cannot be understood is reported, and the session goes on. */
  receive(data: string | ArrayBuffer): Effect[];
  /** What the player says. */
  playback(report: PlaybackReport): Effect[];
  /** The answer to an `interrupt` effect: what was really played of each item that was cut. */
  cut(items: readonly PlayedItem[]): Effect[];
  /** Silences the bot and stops what it is making. */
  interrupt(): Effect[];
  /** A message of the app. @throws UnsupportedFeatureError, InvalidOptionsError; nothing has happened then. */
  message(message: RTVIMessage): Effect[];
  /** The wire is gone: closes whatever was said to have started. */
  end(): Effect[];
}

/** What a transport does for the conversation it carries. */
export interface ServicePorts {
  /** Hands an RTVI message to the client. */
  deliver(message: RtviOut): void;
  /** Queues audio of an item for playback. */
  play(itemId: string, pcm: ArrayBuffer): void;
  /** Silences the bot; resolves to what was really played. */
  interrupt(): Promise<readonly PlayedItem[]>;
  ready(): void;
  /** Something came from the service. */
  heard(): void;
  /** What the service owes may have changed. */
  awaiting(due: Due): void;
  report(error: RtviMachineError): void;
  /** The session is over. */
  lost(error: RtviMachineError): void;
  /** End the session on purpose. */
  hangUp(): void;
  readonly logger: Logger;
}

interface Live<C> {
  readonly conversation: C;
  readonly send: (text: string) => void;
  readonly intake: Intake;
}

/**
 * Carries a conversation over whatever wire a transport has: performs the translation's effects, in order, also when an
 * app's callback comes back with a call of its own, and never for a wire that is gone.
 */
export class ServiceRuntime<C extends ServiceConversation> {
  #live: Live<C> | undefined;
  /** `asked`: the app wants it, and has been told that it was taken. */
  readonly #queue: { readonly live: Live<C>; readonly effect: Effect; readonly asked: boolean }[] = [];
  #performing = false;
  readonly #said = new Set<string>();

  constructor(
    private readonly ports: ServicePorts,
    /** What the service is called in messages to people. */
    private readonly service: string,
    /** Monotonic time in ms. */
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Whether messages of the app can be taken. */
  get isReady(): boolean {
    return this.#live?.conversation.isReady === true;
  }

  /** When the service will end the session, in epoch seconds. */
  get expiresAt(): number | undefined {
    return this.#live?.conversation.expiresAt;
  }

  /**
   * A wire is open: begins a conversation on it.
   * @param send Sends one message as text; throws when the wire is not open.
   * @returns What to call with each message of this wire.
   */
  begin(conversation: C, send: (text: string) => void): (data: string | ArrayBuffer) => void {
    this.end();
    const intake = new Intake(this.ports, this.ports.logger, this.service, this.now);
    const live = { conversation, send, intake };
    this.#live = live;
    this.ports.awaiting(conversation.due ?? "nothing");
    return (data) => {
      if (this.#live !== live) return;
      this.ports.heard();
      if (live.intake.admits(data)) this.#perform(live, conversation.receive(data));
    };
  }

  /** The wire is gone, or about to go. Idempotent. */
  end(): void {
    const live = this.#live;
    if (live === undefined) return;
    this.#live = undefined;
    live.intake.end();
    const last = live.conversation.end().map((effect) => ({ effect, asked: false }));
    // What was taken is still sent, as far as the wire bears it; the other last words are for the app only.
    for (const { effect, asked } of [...this.#queue.splice(0), ...last]) {
      if (effect.type === "deliver" || (asked && effect.type === "send")) this.#do(live, effect);
    }
  }

  playback(report: PlaybackReport): void {
    this.tell((conversation) => conversation.playback(report));
  }

  /** Silences the bot and stops what it is making; nothing happens outside a session. */
  interrupt(): void {
    this.tell((conversation) => conversation.interrupt());
  }

  /** The conversation that messages of the app go to. @throws NotReadyError */
  get conversation(): C {
    return this.#ready().conversation;
  }

  /** Does what the conversation of an open wire wants done; nothing happens without one. */
  tell(run: (conversation: C) => Effect[]): void {
    const live = this.#live;
    if (live !== undefined) this.#perform(live, run(live.conversation));
  }

  /** A message of the app. @throws NotReadyError, UnsupportedFeatureError, InvalidOptionsError */
  message(message: RTVIMessage): void {
    this.act((conversation) => conversation.message(message));
  }

  /** Something else that the app asks for. @throws NotReadyError; what `run` throws: then nothing has happened. */
  act(run: (conversation: C) => Effect[]): void {
    const live = this.#ready();
    this.#perform(live, run(live.conversation), true);
  }

  /** Sends a message of the service's own protocol. @throws NotReadyError */
  send(event: JsonRecord): void {
    this.#ready().send(JSON.stringify(event));
  }

  #ready(): Live<C> {
    if (this.#live?.conversation.isReady !== true) {
      throw new NotReadyError("The session is not ready: wait for the state `ready`.");
    }
    return this.#live;
  }

  #perform(live: Live<C>, effects: readonly Effect[], asked = false): void {
    for (const effect of effects) this.#queue.push({ live, effect, asked });
    if (this.#performing) return;
    this.#performing = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        if (next.live === this.#live) this.#do(next.live, next.effect);
      }
    } finally {
      this.#performing = false;
    }
    this.ports.awaiting(this.#live?.conversation.due ?? "nothing");
  }

  #do(live: Live<C>, effect: Effect): void {
    switch (effect.type) {
      case "deliver":
        this.ports.deliver(effect.message);
        break;
      case "send":
        this.#send(live, effect.event);
        break;
      case "play":
        this.ports.play(effect.itemId, effect.pcm);
        break;
      case "interrupt":
        this.#interrupt(live);
        break;
      case "ready":
        this.ports.ready();
        break;
      case "report":
        // What the service itself calls an error is news each time.
        if (effect.error instanceof ProtocolError) live.intake.report(effect.error);
        else this.ports.report(effect.error);
        break;
      case "fault":
        this.end();
        this.ports.lost(effect.error);
        break;
      case "hang-up":
        this.ports.hangUp();
        break;
      case "log":
        this.#log(effect);
        break;
    }
  }

  #send(live: Live<C>, event: JsonRecord): void {
    try {
      live.send(JSON.stringify(event));
    } catch (error) {
      // The wire is closing; what becomes of the session, its end will tell.
      this.ports.logger.debug("A message could not be sent", error);
    }
  }

  #interrupt(live: Live<C>): void {
    this.ports.interrupt().then(
      (items) => {
        if (this.#live === live) this.#perform(live, live.conversation.cut(items));
      },
      (error: unknown) => {
        this.ports.logger.warn("The bot could not be interrupted", asProtocolError(error, this.service));
      },
    );
  }

  #log({ level, message, once }: Extract<Effect, { readonly type: "log" }>): void {
    if (once === true) {
      if (this.#said.has(message)) return;
      this.#said.add(message);
    }
    this.ports.logger[level](message);
  }
}
