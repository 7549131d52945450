import type { RTVIMessage } from "@pipecat-ai/client-js";
import type { Connection } from "../contracts/connection.js";
import type { Command, Dialogue, Effect, EncodedMessage, Expects, OutgoingMessage } from "../contracts/dialogue.js";
import type { Continuity } from "../contracts/continuity.js";
import type { PlayedItem } from "../contracts/speaker.js";
import type { TurnFact } from "../contracts/turns.js";
import type { FaultError } from "../contracts/fault.js";
import { ConnectionLostError, NotReadyError, ProtocolError, ServiceError, isRtviMachineError } from "../errors.js";
import type { Logger } from "../log.js";
import { InboundLimiter } from "../connection/inbound-limiter.js";
import { asError } from "../util/reason.js";

/** What the session does for the dialogue that it carries. */
export interface DialoguePorts {
  /** Runs what comes of itself: callbacks of the app wait until it is over. */
  enter(run: () => void): void;
  /** Hands an RTVI message to the client. */
  deliver(message: OutgoingMessage): void;
  /** Answers a message of the app with an error. */
  reject(message: RTVIMessage, error: Error): void;
  /** Queues audio of an item for playback. */
  play(itemId: string, pcm: ArrayBuffer): void;
  /** Silences the player; resolves to what was really played. */
  flush(): Promise<readonly PlayedItem[]>;
  /** Tells the turns chart, and delivers its edges. */
  tell(fact: TurnFact): void;
  ready(continuity: Continuity, botReady: "ours" | "delivered"): void;
  /** The connection is to be changed, as the effect says. In ms. */
  changeConnection(afterMs: number, withinMs: number): void;
  /** What the service owes, and whether this is no moment to change the connection, may have changed. */
  stands(expects: Expects, isBusy: boolean): void;
  unconfirmed(messages: readonly RTVIMessage[]): void;
  /** @param as The message by which the app is told, where the service has one of its own. */
  report(error: Error, as?: OutgoingMessage): void;
  /** The connection is of no use any more: it is ended, and what had begun on it. */
  lost(error: FaultError): void;
  /** End the session on purpose. */
  end(): void;
  /** So many bytes of a message wait to be sent: the sound that follows waits behind them. */
  readonly queued?: ((bytes: number) => void) | undefined;
  /** Shows an inspector what passes; undefined where there is none for it. Never throws. */
  readonly observe?: ((direction: "sent" | "received", data: EncodedMessage) => void) | undefined;
  readonly logger: Logger;
}

interface Live {
  readonly dialogue: Dialogue;
  readonly connection: Connection;
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

interface Task {
  readonly live: Live;
  readonly effect: Effect;
  readonly act: Act | undefined;
}

/**
 * Carries out the effects of the dialogue on the connection in use: in order, also when one of them leads to another call, and
 * never for a connection that is gone.
 */
export class DialogueRunner {
  #live: Live | undefined;
  readonly #queue: Task[] = [];
  #phase: "resting" | "performing" = "resting";
  readonly #logged = new Set<string>();
  readonly #ports: DialoguePorts;
  /** What the service is called in messages to people. */
  readonly #service: string;
  readonly #now: () => number;

  /** @param now Monotonic time in ms. */
  constructor(ports: DialoguePorts, service: string, now: () => number) {
    this.#ports = ports;
    this.#service = service;
    this.#now = now;
  }

  /** The connection in use; undefined without one. */
  get connection(): Connection | undefined {
    return this.#live?.connection;
  }

  /** Whether commands of the app can be taken. */
  get isReady(): boolean {
    return this.#live?.dialogue.isReady === true;
  }

  /** When the service will end the session, in epoch seconds; undefined where it does not say. */
  get expiresAt(): number | undefined {
    return this.#live?.dialogue.expiresAt;
  }

  /** A connection is open: the dialogue begins, and says what comes first. */
  begin(dialogue: Dialogue, connection: Connection): void {
    this.end(true);
    const limiter = new InboundLimiter(this.#ports, this.#ports.logger, this.#service, this.#now);
    const live = { dialogue, connection, limiter };
    this.#live = live;
    this.#perform(live, dialogue.open());
  }

  /** Whether a message of the connection in use may be read at all. What is refused is reported. */
  admits(data: string | ArrayBuffer): boolean {
    this.#ports.observe?.("received", data);
    return this.#live?.limiter.admits(data) === true;
  }

  /** Does what the dialogue of an open connection wants done; nothing without one. */
  do(run: (dialogue: Dialogue) => Effect[] | undefined): void {
    const live = this.#live;
    if (live !== undefined) this.#perform(live, run(live.dialogue) ?? []);
  }

  /** Carries out effects that come from beside the dialogue; nothing without a connection. */
  perform(effects: readonly Effect[]): void {
    if (this.#live !== undefined) this.#perform(this.#live, effects);
  }

  /**
   * Carries out commands of the app, as one.
   * @param refused Told what the connection throws, where they are sent later: after what is being done. Default: it is reported.
   * @throws NotReadyError; what the dialogue and the connection throw: then nothing has happened.
   */
  command(commands: readonly Command[], refused: (error: Error) => void = this.#reported): void {
    const live = this.#live;
    if (live?.dialogue.isReady !== true) {
      throw new NotReadyError("The session is not ready: wait for the state `ready`.");
    }
    const effects = this.#effectsOf(live, commands);
    const act: Act = { effects };
    this.#perform(live, effects, act);
    if (act.error !== undefined) throw act.error;
    act.refused = refused;
  }

  /** Asks the service for a sign of life; false when it cannot be asked now. */
  probe(): boolean {
    const live = this.#live;
    const effects = live?.dialogue.probe();
    if (live === undefined || effects === undefined) return false;
    this.#perform(live, effects);
    return true;
  }

  /** Sends a chunk of microphone audio. @throws what the connection throws. */
  audio(pcm: ArrayBuffer): void {
    const live = this.#live;
    if (live?.connection.isOpen !== true) return;
    if (live.dialogue.streaming !== undefined) this.#perform(live, live.dialogue.streaming());
    live.connection.audio(pcm);
    this.#ports.observe?.("sent", pcm);
  }

  /** The connection is gone, or about to go. `keeps`: another may go on with the conversation. Idempotent. */
  end(keeps: boolean): void {
    const live = this.#live;
    if (live === undefined) return;
    this.#live = undefined;
    live.limiter.end();
    const last = live.dialogue.end(keeps).map((effect) => ({ live, effect, act: undefined }));
    // What was taken is still sent, as far as the connection bears it; the other last words are for the app only.
    for (const task of [...this.#queue.splice(0), ...last]) {
      const { type } = task.effect;
      if (isForApp(type) || (task.act !== undefined && isSending(type))) this.#do(task);
    }
    this.#ports.stands("nothing", false);
  }

  /** What commands lead to. One that is refused keeps those before it from nothing: the dialogue has carried them out. */
  #effectsOf(live: Live, commands: readonly Command[]): Effect[] {
    const effects: Effect[] = [];
    try {
      for (const command of commands) effects.push(...live.dialogue.command(command));
    } catch (error) {
      this.#perform(live, effects);
      throw error;
    }
    return effects;
  }

  #perform(live: Live, effects: readonly Effect[], act?: Act): void {
    for (const effect of effects) this.#queue.push({ live, effect, act });
    if (this.#phase === "performing") return;
    this.#phase = "performing";
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        if (next.live === this.#live) this.#do(next);
      }
    } finally {
      this.#phase = "resting";
    }
    const dialogue = this.#live?.dialogue;
    if (dialogue !== undefined) this.#ports.stands(dialogue.expects, dialogue.isBusy);
  }

  #do(task: Task): void {
    const { live, effect, act } = task;
    if (act?.error !== undefined) return;
    switch (effect.type) {
      case "deliver":
        this.#ports.deliver(effect.message);
        break;
      case "reject":
        this.#ports.reject(effect.message, effect.error);
        break;
      case "send":
        this.#send(task, () => {
          live.connection.send(effect.event);
          this.#ports.observe?.("sent", JSON.stringify(effect.event));
        });
        break;
      case "send-encoded":
        this.#send(task, () => {
          live.connection.sendEncoded(effect.data);
          this.#ports.observe?.("sent", effect.data);
        });
        break;
      case "play":
        this.#ports.play(effect.itemId, effect.pcm);
        break;
      case "flush":
        this.#flush(live);
        break;
      case "tell":
        this.#ports.tell(effect.fact);
        break;
      case "ready":
        this.#ports.ready(effect.continuity, effect.botReady ?? "ours");
        break;
      case "change-connection":
        // The connection asks at once whether this is a quiet moment.
        this.#ports.stands(live.dialogue.expects, live.dialogue.isBusy);
        this.#ports.changeConnection(effect.afterMs ?? 0, effect.withinMs);
        break;
      case "unconfirmed":
        this.#ports.unconfirmed(effect.messages);
        break;
      case "soon":
        queueMicrotask(() => {
          if (this.#live === live) this.#ports.enter(() => this.#perform(live, effect.run()));
        });
        break;
      case "report":
        if (effect.error instanceof ProtocolError) live.limiter.report(effect.error);
        else if (!(effect.error instanceof ServiceError) || live.limiter.isNews())
          this.#ports.report(effect.error, effect.as);
        break;
      case "fault":
        this.#ports.lost(effect.error);
        break;
      case "end":
        this.#ports.end();
        break;
      case "log":
        this.#log(effect);
        break;
    }
  }

  #send(task: Task, send: () => void): void {
    const { connection } = task.live;
    const before = connection.bufferedAmount;
    try {
      send();
      this.#ports.queued?.(Math.max(0, connection.bufferedAmount - before));
    } catch (error) {
      // Where the app has not asked for it, the connection is closing: its end says what becomes of the session.
      this.#ports.logger.debug("A message could not be sent", error);
      if (task.act !== undefined) this.#takeBack(task, task.act, error);
    }
  }

  /** What the app asked for cannot be sent: nothing more of it happens, and the app hears why. */
  #takeBack({ live, effect }: Task, act: Act, cause: unknown): void {
    act.error = asError(cause);
    const rest = act.effects.slice(act.effects.indexOf(effect));
    for (const each of live.dialogue.unsent(rest)) this.#do({ live, effect: each, act: undefined });
    act.refused?.(act.error);
  }

  readonly #reported = (error: Error): void => {
    const isOurs = isRtviMachineError(error);
    this.#ports.report(isOurs ? error : new ConnectionLostError(error.message, { cause: error }));
  };

  #flush(live: Live): void {
    const played = (items: readonly PlayedItem[]): void => {
      if (this.#live === live) this.#ports.enter(() => this.#perform(live, live.dialogue.played(items)));
    };
    this.#ports.flush().then(played, (error: unknown) => {
      this.#ports.logger.warn("The player could not be flushed", error);
      // Nobody knows what was heard of it. It is over all the same, and the next flush has an answer of its own.
      played([]);
    });
  }

  #log({ level, message, once }: Extract<Effect, { readonly type: "log" }>): void {
    if (once === true) {
      if (this.#logged.has(message)) return;
      this.#logged.add(message);
    }
    this.#ports.logger[level](message);
  }
}

function isForApp(type: Effect["type"]): boolean {
  return type === "deliver" || type === "reject" || type === "unconfirmed" || type === "tell";
}

function isSending(type: Effect["type"]): boolean {
  return type === "send" || type === "send-encoded";
}
