import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { RTCDataChannel } from "werift";
import { readBody } from "../../../../local-service/src/http.js";
import { Call } from "../../../../local-service/src/webrtc/call.js";
import type { SessionLine } from "../../../../local-service/src/line.js";
import { pcmuCodec } from "../../../../local-service/src/webrtc/codec.js";
import { dataChannelLine } from "../../../../local-service/src/webrtc/data-channel-line.js";
import { loadWerift } from "../../../../local-service/src/webrtc/werift.js";
import { Liar, LiarLine } from "../liars/liar.js";
import type { Frame, LiarProtocol } from "../liars/liar-protocol.js";

/** One data channel of a liar. */
export class ChannelLine extends LiarLine {
  /** Sound that the bot is to be heard with, in frames of 20 ms; when there is none, it is silent. */
  readonly voice: Buffer[] = [];

  constructor(
    protocol: LiarProtocol,
    request: IncomingMessage,
    private readonly carrier: SessionLine,
    /** The channel below it. */
    readonly channel: RTCDataChannel,
  ) {
    super(protocol, protocol.credentialOf(request) ?? "");
  }

  get isOpen(): boolean {
    return this.carrier.isOpen;
  }

  protected send(frame: Frame): void {
    this.carrier.send(typeof frame === "string" ? frame : Buffer.from(frame));
  }

  close(code: number, reason: string): void {
    this.carrier.close(code, reason);
  }
}

/** Takes calls, speaks just enough of a protocol over their data channels to be believed, and then does not keep to it. */
export class LyingCalls extends Liar<ChannelLine> {
  readonly #http: Server = createServer((request, response) => {
    this.#take(request, response).catch(() => response.destroy());
  });
  readonly #calls = new Set<Call>();

  static async start(protocol: LiarProtocol): Promise<LyingCalls> {
    const server = new LyingCalls(protocol);
    await new Promise<void>((resolve) => server.#http.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const calls = [...this.#calls];
    for (const call of calls) call.close();
    await Promise.all(calls.map(({ released }) => released));
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    this.#http.closeAllConnections();
    await closed;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const offer = (await readBody(request)).toString("utf8");
    let line: ChannelLine | undefined;
    let hear: ((data: Buffer, isBinary: boolean) => void) | undefined;
    const call: Call = new Call(await loadWerift(), pcmuCodec(), {
      opened: (channel) => {
        const carrier = dataChannelLine(channel, () => call.close());
        line = new ChannelLine(this.protocol, request, carrier, channel);
        hear = this.opened(line);
      },
      message: (data, isBinary) => hear?.(data, isBinary),
      sound: () => undefined,
      frame: () => line?.voice.shift(),
      closed: () => {
        this.#calls.delete(call);
        if (line !== undefined) this.closed(line);
      },
    });
    this.#calls.add(call);
    const answer = await call.answer(offer);
    response.writeHead(201, { "Content-Type": "application/sdp" }).end(answer);
  }
}
