import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer, type RawData, type WebSocket } from "ws";
import type { Frame, LiarProtocol } from "./liar-protocol.js";
import { Liar, LiarLine } from "./liar.js";

/** One connection of a lying server. */
export class SocketLine extends LiarLine {
  constructor(
    protocol: LiarProtocol,
    readonly socket: WebSocket,
    /** The bytes below the WebSocket. */
    readonly raw: Duplex,
    request: IncomingMessage,
  ) {
    super(protocol, protocol.credentialOf(request) ?? "");
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  protected send(frame: Frame): void {
    this.socket.send(frame, { binary: typeof frame !== "string" });
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason);
  }
}

/** A WebSocket server that speaks just enough of a protocol to be believed, and then does not keep to it. */
export class LyingServer extends Liar<SocketLine> {
  /** Handshakes so far, refused ones too. */
  handshakes = 0;
  readonly #http: Server = createServer((_request, response) => response.writeHead(404).end());
  readonly #sockets: WebSocketServer;
  readonly #raw = new Set<Duplex>();

  private constructor(protocol: LiarProtocol) {
    super(protocol);
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
    return `ws://127.0.0.1:${String(this.port)}${this.protocol.path}`;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    for (const socket of this.#raw) socket.destroy();
    await closed;
  }

  #begin(socket: WebSocket, raw: Duplex, request: IncomingMessage): void {
    const line = new SocketLine(this.protocol, socket, raw, request);
    socket.on("error", () => undefined); // `close` follows.
    socket.on("close", () => this.closed(line));
    const hear = this.opened(line);
    socket.on("message", (data: RawData, isBinary) => {
      if (Buffer.isBuffer(data)) hear(data, isBinary);
    });
  }
}
