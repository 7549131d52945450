import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocketServer, type RawData, type WebSocket } from "ws";
import type { Frame, LiarProtocol, Said, Turn } from "./liar-protocol.js";

/** How a server departs from the truth. Whatever is not named, it says as an honest one would. */
export interface Lie {
  /** Instead of the WebSocket handshake. */
  readonly upgrade?: (socket: Duplex, request: IncomingMessage) => void;
  /** Instead of the welcome. */
  readonly welcome?: (line: LiarLine) => unknown;
  /** Instead of the answer to the app's set-up. */
  readonly ready?: (line: LiarLine) => unknown;
  /** Instead of the answer to a cancellation. */
  readonly cancel?: (line: LiarLine) => unknown;
  /** Instead of an answer to a text. */
  readonly turn?: (line: LiarLine, turn: Turn, id: string) => unknown;
}

/** One connection of a lying server, as a lie sees it. */
export class LiarLine {
  /** The secret that the app has sent. */
  readonly credential: string;

  constructor(
    readonly protocol: LiarProtocol,
    readonly socket: WebSocket,
    /** The bytes below the WebSocket. */
    readonly raw: Duplex,
    request: IncomingMessage,
  ) {
    this.credential = protocol.credentialOf(request) ?? "";
  }

  /** Says what it is given, in this order; nothing on a line that is closed. */
  say(...frames: readonly (Frame | readonly Frame[])[]): void {
    for (const frame of frames.flatMap((each) => (isList(each) ? each : [each]))) {
      if (this.socket.readyState === this.socket.OPEN) this.socket.send(frame, { binary: typeof frame !== "string" });
    }
  }

  /** A whole answer, as an honest server gives it. */
  tell(turn: Turn): void {
    this.say(turn.begin, turn.middle, turn.end);
  }
}

const isList = (frames: Frame | readonly Frame[]): frames is readonly Frame[] => Array.isArray(frames);

/**
 * A WebSocket server that speaks just enough of a protocol to be believed, and then does not keep to it. Honest unless
 * told to lie, so that a test can have a conversation before and after.
 */
export class LyingServer {
  /** In force from now on, also on lines that are open. */
  lie: Lie = {};
  /** The texts that apps have sent, over all lines. */
  readonly texts: string[] = [];
  /** Lines that are open, oldest first. */
  readonly lines: LiarLine[] = [];
  /** Handshakes so far, refused ones too. */
  handshakes = 0;
  readonly #protocol: LiarProtocol;
  readonly #http: Server = createServer((_request, response) => response.writeHead(404).end());
  readonly #sockets: WebSocketServer;
  readonly #raw = new Set<Duplex>();
  #turns = 0;

  private constructor(protocol: LiarProtocol) {
    this.#protocol = protocol;
    const { subprotocol } = protocol;
    this.#sockets = new WebSocketServer({
      noServer: true,
      handleProtocols: (offered) => (subprotocol !== undefined && offered.has(subprotocol) ? subprotocol : false),
    });
    this.#http.on("connection", (socket) => {
      this.#raw.add(socket);
      socket.on("close", () => this.#raw.delete(socket));
    });
    this.#http.on("upgrade", (request, socket, head) => {
      this.handshakes += 1;
      socket.on("error", () => undefined); // Apps that give up are what is tested here.
      if (this.lie.upgrade) this.lie.upgrade(socket, request);
      else this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#begin(opened, socket, request));
    });
  }

  static async start(protocol: LiarProtocol): Promise<LyingServer> {
    const server = new LyingServer(protocol);
    await new Promise<void>((resolve) => server.#http.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${String(this.port)}${this.#protocol.path}`;
  }

  /** The line that was opened last. Throws when there is none. */
  get line(): LiarLine {
    const line = this.lines.at(-1);
    if (line === undefined) throw new Error("nobody is connected to the lying server");
    return line;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    for (const socket of this.#raw) socket.destroy();
    await closed;
  }

  #begin(socket: WebSocket, raw: Duplex, request: IncomingMessage): void {
    const line = new LiarLine(this.#protocol, socket, raw, request);
    this.lines.push(line);
    socket.on("error", () => undefined); // `close` follows.
    socket.on("close", () => this.lines.splice(this.lines.indexOf(line), 1));
    let asked: string | undefined;
    socket.on("message", (data: RawData, isBinary) => {
      const said = this.#read(data, isBinary);
      if (said.kind === "setup") this.#answerSetup(line);
      if (said.kind === "cancel") this.#answerCancel(line, said.eventId);
      if (said.kind === "text") {
        this.texts.push(said.text);
        asked = said.text;
      }
      if (said.kind !== this.#protocol.answersOn) return;
      this.#answer(line, asked ?? "nothing");
      asked = undefined;
    });
    if (this.lie.welcome) void this.lie.welcome(line);
    else line.say(this.#protocol.welcome());
  }

  #read(data: RawData, isBinary: boolean): Said {
    if (!Buffer.isBuffer(data)) return { kind: "other" };
    return this.#protocol.read(data, isBinary);
  }

  #answerSetup(line: LiarLine): void {
    if (this.lie.ready) void this.lie.ready(line);
    else line.say(this.#protocol.ready());
  }

  #answerCancel(line: LiarLine, eventId: string | undefined): void {
    if (this.lie.cancel) void this.lie.cancel(line);
    else line.say(this.#protocol.nothingToCancel(eventId));
  }

  #answer(line: LiarLine, text: string): void {
    this.#turns += 1;
    const id = String(this.#turns);
    const turn = this.#protocol.turn(`You said: ${text}`, id);
    if (this.lie.turn) void this.lie.turn(line, turn, id);
    else line.tell(turn);
  }
}

/** A lie that repeats itself: no more than `times` times, and only as long as the line is open. */
export async function repeatedly(line: LiarLine, times: number, everyMs: number, run: () => void): Promise<void> {
  for (let count = 0; count < times && line.socket.readyState === line.socket.OPEN; count += 1) {
    run();
    await sleep(everyMs);
  }
}
