import type { TransportOptions } from "../../../../src/options.js";
import type { VoiceTransport } from "../../../../src/transport/voice-transport.js";
import type { ScriptedMediaManager } from "../../../../src/testing/index.js";
import { FakeSocket } from "./fake-socket.js";
import type { WatchedBy } from "../worlds/conversation-watch.js";

/** What a transport that translates a conversation starts and stops. */
export const EDGES: readonly string[] = ["user-speaking", "bot-speaking", "bot-llm", "bot-tts", "llm-function-call"];

/** A socket of which nobody but a service is the other end: it counts its listeners, and keeps what they throw. */
export class ServiceSocket extends FakeSocket {
  /** We have said close, or given it up. */
  abandoned = false;
  /** Texts of the app that came over it, in order. */
  readonly texts: string[] = [];
  /** Everything that the service said over it. */
  readonly said: unknown[] = [];
  readonly thrown: unknown[] = [];
  readonly #listeners: { readonly type: string; readonly listener: (event: Event) => void }[] = [];

  constructor(
    url: string | URL,
    private readonly service: ScriptedService,
  ) {
    super(String(url), false);
    service.dialled(this);
  }

  get listeners(): number {
    return this.#listeners.length;
  }

  get isClosed(): boolean {
    return this.readyState === FakeSocket.CLOSED;
  }

  opens(): void {
    if (this.readyState !== FakeSocket.CONNECTING) return;
    this.readyState = FakeSocket.OPEN;
    this.dispatchEvent(new Event("open"));
    this.service.greet(this);
  }

  /** One message of the service arrives, unless the socket is gone. */
  receive(data: string | ArrayBuffer): void {
    if (this.readyState === FakeSocket.CONNECTING || this.isClosed) return;
    this.dispatchEvent(new MessageEvent("message", { data }));
  }

  override send(data: unknown): void {
    // As a browser's: what is sent into a closing socket is lost.
    if (this.readyState === FakeSocket.OPEN) this.service.heard(this, data);
  }

  override close(): void {
    this.abandoned = true;
    if (this.readyState < FakeSocket.CLOSING) this.readyState = FakeSocket.CLOSING;
    if (this.service.script.goodbye === "answer") queueMicrotask(() => this.ends(1000));
  }

  override addEventListener(type: string, listener: unknown): void {
    if (typeof listener === "function") this.#listeners.push({ type, listener: listener as (event: Event) => void });
  }

  override removeEventListener(type: string, listener: unknown): void {
    const index = this.#listeners.findIndex((each) => each.type === type && each.listener === listener);
    if (index >= 0) this.#listeners.splice(index, 1);
  }

  override dispatchEvent(event: Event): boolean {
    for (const { type, listener } of [...this.#listeners]) {
      if (type !== event.type) continue;
      try {
        listener(event);
      } catch (error) {
        this.thrown.push(error);
      }
    }
    return true;
  }
}

/** A service over scripted sockets, which keeps to its protocol as far as a transport relies on it. */
export abstract class ScriptedService {
  readonly script = {
    dial: "open" as "open" | "refuse" | "hang",
    ready: "at once" as "at once" | "never",
    goodbye: "answer" as "answer" | "hang",
    /** Whether it gives a sign of life when it is asked for one. */
    questions: "answer" as "answer" | "ignore",
  };
  readonly sockets: ServiceSocket[] = [];
  /** Chunks of microphone audio that came. */
  audio = 0;
  /** It has said something again, or in an order, that it never would: what it knows cannot be told from it any more. */
  lies = false;
  /** What an app is told of the conversation that keeps to rules, whatever the service says. */
  abstract readonly watched: WatchedBy;
  /** Whether a text of the app outlives the connection that it was taken on. */
  abstract readonly keepsTexts: boolean;
  #count = 0;
  readonly #waiting: (() => void)[] = [];

  abstract transport(media: ScriptedMediaManager, options: TransportOptions): VoiceTransport;
  /** A message of the transport. */
  abstract heard(socket: ServiceSocket, data: unknown): void;
  /** A connection is open: it begins to speak, unless it is never ready. */
  abstract greet(socket: ServiceSocket): void;
  /** It answers what it was asked, to the end. */
  abstract answer(): void;
  /** Texts of the app that are part of the conversation on a connection. */
  knows(socket: ServiceSocket): ReadonlySet<string> {
    return new Set(socket.texts);
  }

  protected abstract encode(message: unknown): string | ArrayBuffer;

  /** The constructor that a transport connects with. */
  get WebSocket(): typeof WebSocket {
    const dial = (url: string | URL): ServiceSocket => new ServiceSocket(url, this);
    // A function that is called with `new` and returns an object makes that object.
    return function (url: string | URL) {
      return dial(url);
    } as unknown as typeof WebSocket;
  }

  /** The newest socket that is not closed. */
  get socket(): ServiceSocket | undefined {
    return this.sockets.findLast(({ isClosed }) => !isClosed);
  }

  dialled(socket: ServiceSocket): void {
    this.sockets.push(socket);
    const { dial } = this.script;
    if (dial === "open") queueMicrotask(() => socket.opens());
    if (dial === "refuse") queueMicrotask(() => socket.ends(1006));
  }

  /** Says something over the newest socket. */
  say(message: unknown, socket = this.socket): void {
    if (socket === undefined) return;
    socket.said.push(message);
    socket.receive(this.encode(message));
  }

  /** Says something that was said before. */
  sayAgain(back: number): void {
    const { socket } = this;
    const message = socket?.said.at(-back);
    if (message === undefined) return;
    this.lies = true;
    socket?.receive(this.encode(message));
  }

  /** Does something once what happens now is over: a message and an end are events of their own. */
  later(act: () => void): void {
    this.#waiting.push(act);
  }

  /** Says something, later. */
  reply(socket: ServiceSocket, message: unknown): void {
    this.later(() => {
      this.say(message, socket);
    });
  }

  /** Does one thing that waits; false when there is none. */
  doNext(): boolean {
    const act = this.#waiting.shift();
    act?.();
    return act !== undefined;
  }

  /** A number that it has not used. */
  protected next(): number {
    this.#count += 1;
    return this.#count;
  }

  /** Notes the texts of the app in a message. */
  protected note(socket: ServiceSocket, message: string): void {
    for (const [text] of message.matchAll(/\btext \d+/g)) socket.texts.push(text);
  }
}
