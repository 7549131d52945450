import { RTVIMessage, type TransportState } from "@pipecat-ai/client-js";
import type { TransportOptions } from "../../../../src/options.js";
import { AppWorld, claim } from "./app-world.js";
import { ConversationWatch } from "./conversation-watch.js";
import { FakeSocket } from "../scripted/fake-socket.js";
import type { ScriptedService, ServiceSocket } from "../scripted/scripted-service.js";
import { AGES } from "./surroundings.js";

/** Messages that may wait while a connection is reconnected. */
const MOST_WAITING = 100;
/** Texts of which a transport keeps every one: fewer than the items that its history has room for. */
const MOST_KEPT = 400;

/** How a run begins: most of what can go wrong does so in a session, and where one is about to come back. */
export type Beginning = "idle" | "ready" | "dialled again" | "open again";

/** A transport of this library over scripted sockets, with the service at their other end. */
export class ServiceWorld<S extends ScriptedService = ScriptedService> extends AppWorld {
  readonly watch: ConversationWatch;
  /** Rejections that nobody has caught, as the process tells them. */
  readonly unhandled: unknown[] = [];
  /** Where this session's texts begin among those that were accepted. */
  #sessionBegins = 0;
  #playing: object | undefined;
  #played = 0;

  constructor(
    readonly service: S,
    options: TransportOptions = {},
  ) {
    super(true, { WebSocket: service.WebSocket, ...options }, (all, media) => service.transport(media, all));
    this.watch = new ConversationWatch(service.watched);
    // The class keeps all that were ever made.
    FakeSocket.made.length = 0;
  }

  protected get wires(): number {
    return this.service.sockets.filter(({ abandoned, isClosed }) => !abandoned && !isClosed).length;
  }

  /** The socket that messages of the app go to. */
  get line(): ServiceSocket | undefined {
    return this.service.sockets.findLast(({ abandoned, readyState }) => !abandoned && readyState === FakeSocket.OPEN);
  }

  lose(retryable: boolean): void {
    const { service } = this;
    const { socket } = service;
    // Never inside a callback: the end of a socket is an event of its own.
    service.later(() => socket?.ends(retryable ? 1006 : 4003));
  }

  override say(): void {
    const { audio } = this.service;
    super.say();
    const { state } = this.transport;
    if (this.service.audio > audio && state !== "ready") this.breaches.push(`microphone audio was sent in ${state}`);
  }

  protected override told(message: RTVIMessage): void {
    this.watch.hear(message);
  }

  protected override stateAnnounced(state: TransportState): void {
    if (state === "connecting") this.watch.lost();
    if (state !== "disconnected" && state !== "error") return;
    this.#sessionBegins = this.accepted.length;
    this.watch.ended();
  }

  /** Everything that is ready to happen, happens: answers come one at a time. */
  override async settle(): Promise<void> {
    do await super.settle();
    while (this.service.doNext());
  }

  /** The app answers the oldest call; with any other id nobody waits for it. */
  answerCall(callId = [...this.watch.calls][0]): void {
    if (callId === undefined) return;
    const data = { tool_call_id: callId, function_name: "f", arguments: {}, result: "a result" };
    try {
      this.transport.sendMessage(new RTVIMessage("llm-function-call-result", data));
    } catch {
      this.log.push("a result was refused");
    }
  }

  /** The app sends a message of the service's own protocol. */
  sendRaw(d: unknown): void {
    try {
      this.transport.sendMessage(new RTVIMessage("client-message", { t: "raw", d }));
    } catch {
      this.log.push("a raw message was refused");
    }
  }

  /** The app sends the bot away. */
  dismiss(): void {
    try {
      this.transport.sendMessage(new RTVIMessage("disconnect-bot", undefined));
    } catch {
      this.log.push("a farewell was refused");
    }
  }

  /** The player comes to something of the oldest item that it has, or to the end of it. */
  plays(type: "began" | "progress" | "drained"): void {
    const { speaker } = this.media;
    const { queue } = speaker;
    if (this.#played > 0 && queue[this.#played - 1] !== this.#playing) this.#played = 0;
    const itemId = queue[this.#played]?.itemId;
    if (itemId === undefined) return;
    const received = queue.filter((each) => each.itemId === itemId).reduce((sum, { samples }) => sum + samples, 0);
    if (type === "drained") while (queue[this.#played]?.itemId === itemId) this.#playing = queue[this.#played++];
    const playedSamples = type === "drained" ? received : Math.ceil(received / 2);
    speaker.report({ type, item: { itemId, playedSamples, receivedSamples: received, sampleRate: 24_000 } });
  }

  override checkInvariants(): void {
    super.checkInvariants();
    const thrown = this.service.sockets.flatMap((socket) => socket.thrown.map(String));
    claim(thrown.length === 0, "no handler of a socket throws", thrown);
    claim(this.unhandled.length === 0, "no rejection goes unhandled", this.unhandled.map(String));
    // Whoever passes on what a bot says passes on its lies.
    if (this.service.keepsTexts || !this.service.lies) {
      claim(this.watch.breaches.length === 0, "the conversation is told in its order", this.watch.breaches);
    }
    const waiting = this.unheard().length;
    claim(waiting <= MOST_WAITING, "what waits is bounded", waiting);
    this.#checkTexts();
  }

  /** Texts that were taken from the app and not refused later, from the `since`th on. */
  private texts(since = 0): string[] {
    const refused = new Set(this.refusals.map(({ id }) => id));
    return this.accepted.slice(since).flatMap(({ id }) => (refused.has(id) ? [] : [id]));
  }

  /** Those that the service was not sent on any connection. */
  private unheard(): string[] {
    const heard = new Set(this.service.sockets.flatMap(({ texts }) => texts));
    return this.texts().filter((text) => !heard.has(text));
  }

  /** Each text that was taken is part of the conversation, in its order and once, whatever connections it took. */
  #checkTexts(): void {
    const { transport, service, line } = this;
    for (const { texts } of service.keepsTexts ? service.sockets : []) {
      const numbers = texts.map((text) => Number(text.slice("text ".length)));
      const inOrder = numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0));
      claim(inOrder, "a connection is told every text once, in its order", texts);
    }
    if (transport.state !== "ready" || line === undefined || !service.keepsTexts || service.lies) return;
    const known = service.knows(line);
    const lost = this.texts(this.#sessionBegins)
      .slice(-MOST_KEPT)
      .filter((text) => !known.has(text));
    claim(lost.length === 0, "a service that is ready knows every text that was taken", lost);
  }

  /** What holds once it is released. */
  override checkSettled(): void {
    for (const socket of this.service.sockets) socket.ends(1006);
    super.checkSettled();
    const lost = this.unheard();
    claim(lost.length === 0, "a text that was taken is sent or refused", lost);
    const listeners = this.service.sockets.reduce((sum, socket) => sum + socket.listeners, 0);
    claim(listeners === 0, "no listener is left on a socket", listeners);
  }

  /** A session as it is at the beginning of a run. */
  async begin(at: Beginning): Promise<void> {
    if (at === "idle") return;
    await this.ready();
    if (at === "ready") return;
    if (at === "dialled again") this.service.script.dial = "hang";
    else this.service.script.ready = "never";
    this.service.socket?.ends(1006);
    this.clock.advance(400);
    await this.settle();
  }

  /** As the client does it, until the session is ready. */
  async ready(): Promise<void> {
    // A start that was cancelled refuses the one connect() that belongs to it.
    await this.transport.connect().catch(() => this.transport.connect());
    await Promise.all([this.transport.sendReadyMessage(), this.settle()]);
    claim(this.transport.state === "ready", "it is ready", this.transport.state);
  }

  /** Nothing hinders a session any more. */
  heal(): void {
    const { service, media, network, transport } = this;
    this.reactions.clear();
    Object.assign(service.script, { dial: "open", ready: "at once", goodbye: "answer", questions: "answer" });
    media.microphone.script = "grant";
    media.microphone.answer();
    transport.enableMic(true);
    network.turn(true);
    network.show(true);
    for (const socket of service.sockets) {
      socket.bufferedAmount = 0;
      if (socket.readyState !== FakeSocket.OPEN) socket.ends(1006);
    }
  }

  /** Time passes, and whatever is owed comes. */
  async recover(): Promise<void> {
    for (let past = 0; past < AGES / 4; past += 1_000) {
      this.clock.advance(1_000);
      await this.settle();
      // One that fell silent would be given up, again and again.
      if (this.transport.state === "ready") this.service.answer();
    }
  }
}
