import type { RTVIMessage } from "@pipecat-ai/client-js";
import type { PlaybackReport } from "../contracts/speaker.js";
import { ConnectionLostError, NotReadyError, ProtocolError, RtviMachineError } from "../errors.js";
import type { Effect } from "./effects.js";
import { asProtocolError } from "../util/field-reader.js";
import { InboundLimiter } from "../connection/inbound-limiter.js";
import type { JsonRecord } from "../util/records.js";
import type { ServiceConversation, ServicePorts } from "./service-conversation.js";

interface Live<C> {
  readonly conversation: C;
  readonly send: (text: string) => void;
  readonly limiter: InboundLimiter;
}

/** Something that the app asked for. */
interface Act {
  readonly effects: readonly Effect[];
  /** Why it was not sent. */
  error?: Error;
  /** Told of that, once it is too late to throw. */
  refused?: (error: Error) => void;
}

interface Task<C> {
  readonly live: Live<C>;
  readonly effect: Effect;
  readonly act: Act | undefined;
}

/**
 * Carries a conversation over whatever connection a transport has: performs the translation's effects, in order, also when an
 * app's callback comes back with a call of its own, and never for a connection that is gone.
 */
export class ServiceRuntime<C extends ServiceConversation> {
  #live: Live<C> | undefined;
  readonly #queue: Task<C>[] = [];
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
   * A connection is open: begins a conversation on it.
   * @param send Sends one message as text; throws when the connection is not open.
   * @returns What to call with each message of this connection.
   */
  begin(conversation: C, send: (text: string) => void): (data: string | ArrayBuffer) => void {
    this.end();
    const limiter = new InboundLimiter(this.ports, this.ports.logger, this.service, this.now);
    const live = { conversation, send, limiter };
    this.#live = live;
    this.ports.expects(conversation.expects ?? "nothing");
    return (data) => {
      if (this.#live !== live) return;
      this.ports.received();
      if (live.limiter.admits(data)) this.#perform(live, conversation.receive(data));
    };
  }

  /** The connection is gone, or about to go. Idempotent. */
  end(): void {
    const live = this.#live;
    if (live === undefined) return;
    this.#live = undefined;
    live.limiter.end();
    const last = live.conversation.end().map((effect) => ({ live, effect, act: undefined }));
    // What was taken is still sent, as far as the connection bears it; the other last words are for the app only.
    for (const task of [...this.#queue.splice(0), ...last]) {
      const { type } = task.effect;
      if (type === "deliver" || (task.act !== undefined && type === "send")) this.#do(task);
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

  /** Does what the conversation of an open connection wants done; nothing happens without one. */
  tell(run: (conversation: C) => Effect[]): void {
    const live = this.#live;
    if (live !== undefined) this.#perform(live, run(live.conversation));
  }

  /** A message of the app. @throws as `act`; UnsupportedFeatureError, InvalidOptionsError */
  message(message: RTVIMessage, refused?: (error: Error) => void): void {
    this.act((conversation) => conversation.message(message), refused);
  }

  /**
   * Something else that the app asks for.
   * @param refused Told what the connection throws, where it is sent later: after what is being done. Default: it is reported.
   * @throws NotReadyError; what `run` throws, and what the connection does: then nothing has happened.
   */
  act(run: (conversation: C) => Effect[], refused = this.#lost): void {
    const live = this.#ready();
    const effects = run(live.conversation);
    const act: Act = { effects };
    this.#perform(live, effects, act);
    if (act.error !== undefined) throw act.error;
    act.refused = refused;
  }

  /** Sends a message of the service's own protocol. @throws NotReadyError; what the connection throws. */
  send(event: JsonRecord): void {
    this.#ready().send(JSON.stringify(event));
  }

  #ready(): Live<C> {
    if (this.#live?.conversation.isReady !== true) {
      throw new NotReadyError("The session is not ready: wait for the state `ready`.");
    }
    return this.#live;
  }

  #perform(live: Live<C>, effects: readonly Effect[], act?: Act): void {
    for (const effect of effects) this.#queue.push({ live, effect, act });
    if (this.#performing) return;
    this.#performing = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        if (next.live === this.#live) this.#do(next);
      }
    } finally {
      this.#performing = false;
    }
    this.ports.expects(this.#live?.conversation.expects ?? "nothing");
  }

  #do(task: Task<C>): void {
    const { live, effect, act } = task;
    if (act?.error !== undefined) return;
    switch (effect.type) {
      case "deliver":
        this.ports.deliver(effect.message);
        break;
      case "send":
        this.#send(task, effect.event);
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
        if (effect.error instanceof ProtocolError) live.limiter.report(effect.error);
        else this.ports.report(effect.error);
        break;
      case "fault":
        this.end();
        this.ports.lost(effect.error);
        break;
      case "hang-up":
        this.ports.close();
        break;
      case "log":
        this.#log(effect);
        break;
    }
  }

  #send(task: Task<C>, event: JsonRecord): void {
    try {
      task.live.send(JSON.stringify(event));
    } catch (error) {
      // Where nobody has asked for it, the connection is closing: what becomes of the session, its end will tell.
      this.ports.logger.debug("A message could not be sent", error);
      if (task.act !== undefined) this.#takeBack(task, task.act, error);
    }
  }

  /** What the app asked for cannot be sent: nothing more of it happens, and the app is told. */
  #takeBack({ live, effect }: Task<C>, act: Act, cause: unknown): void {
    act.error = cause instanceof Error ? cause : new Error(String(cause));
    const rest = act.effects.slice(act.effects.indexOf(effect));
    for (const each of live.conversation.unsent?.(rest) ?? []) this.#do({ live, effect: each, act: undefined });
    act.refused?.(act.error);
  }

  readonly #lost = (error: Error): void => {
    const isOurs = error instanceof RtviMachineError;
    this.ports.report(isOurs ? error : new ConnectionLostError(error.message, { cause: error }));
  };

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
