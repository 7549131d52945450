import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { corsHeaders, readBody } from "../../../../local-service/src/http.js";
import type { PacketPath } from "./packet-path.js";

/** What a service says to an offer. */
export interface OfferAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** An offer that waits for its answer, in the hands of a fault. */
export interface OfferExchange {
  /** What pages need to see it has been said already. */
  readonly response: ServerResponse;
  /** The secret that the app has sent. */
  readonly credential: string;
  /** Hands the offer on; the answer leads by way of the packet path. */
  readonly honest: () => Promise<OfferAnswer>;
}

const HOST = "127.0.0.1";

/** Stands between an app and a service that takes calls, where offer and answer are exchanged. */
export class OfferProxy {
  /** Instead of handing offers on. In force from now on. */
  exchange: ((exchange: OfferExchange) => unknown) | undefined;
  /** Offers so far. */
  offers = 0;
  readonly #path: PacketPath;
  readonly #target: number;
  readonly #http: Server = createServer((request, response) => {
    this.#take(request, response).catch(() => response.destroy());
  });

  private constructor(target: number, path: PacketPath) {
    this.#target = target;
    this.#path = path;
  }

  /** @param target the service's port on this machine. */
  static async start(target: number, path: PacketPath): Promise<OfferProxy> {
    const proxy = new OfferProxy(target, path);
    await new Promise<void>((resolve) => proxy.#http.listen(0, HOST, resolve));
    return proxy;
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    this.#http.closeAllConnections();
    await closed;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Any page may come: it is the service behind that decides.
    response.setHeaders(new Map(Object.entries(corsHeaders(request, request.headers.origin))));
    if (request.method === "OPTIONS") {
      response.writeHead(204).end();
      return;
    }
    this.offers += 1;
    const offer = onlyG711((await readBody(request)).toString("utf8"));
    const { authorization = "", "content-type": type = "" } = request.headers;
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    const honest = async (): Promise<OfferAnswer> => {
      const answer = await fetch(`http://${HOST}:${String(this.#target)}${request.url ?? "/"}`, {
        method: "POST",
        body: offer,
        headers: { authorization, "content-type": type },
        signal: gone.signal,
      });
      const body = await answer.text();
      return {
        status: answer.status,
        type: answer.headers.get("content-type") ?? "text/plain",
        body: answer.ok ? await this.#led(body) : body,
      };
    };
    const exchange = { response, credential: authorization.replace("Bearer ", ""), honest };
    if (this.exchange) await this.exchange(exchange);
    else await passOn(exchange);
  }

  /** The answer with the service's addresses replaced by ours. */
  async #led(sdp: string): Promise<string> {
    const lines: string[] = [];
    for (const line of sdp.split("\r\n")) {
      if (!line.startsWith("a=candidate:")) {
        lines.push(line);
        continue;
      }
      const parts = line.split(" ");
      // Component, protocol, priority, address, port: RFC 8839, 5.1.
      if (parts[2]?.toLowerCase() !== "udp" || parts[4] !== HOST) continue;
      parts[5] = String(await this.#path.via(Number(parts[5])));
      lines.push(parts.join(" "));
    }
    return lines.join("\r\n");
  }
}

/** G.711 costs a hundredth: a dozen calls at a time are to fit a small machine, and what breaks is not the codec. */
function onlyG711(sdp: string): string {
  const others = [...sdp.matchAll(/^a=rtpmap:(\d+) (?!PCM[UA]\/)/gm)].map(([, type]) => type);
  const formats = new RegExp(`^a=(?:rtpmap|fmtp|rtcp-fb):(?:${others.join("|")}) .*\r\n`, "gm");
  return sdp.replace(formats, "").replace(/^(m=audio \d+ \S+)(.*)$/m, (_line, medium: string, types: string) =>
    [
      medium,
      ...types
        .trim()
        .split(" ")
        .filter((type) => !others.includes(type)),
    ].join(" "),
  );
}

/** As an honest proxy does; with what the app is told in the place of the answer, where that is to be changed. */
export async function passOn(
  { response, honest }: OfferExchange,
  change: (body: string) => string = (body) => body,
): Promise<void> {
  const { status, type, body } = await honest();
  response.writeHead(status, { "Content-Type": type }).end(change(body));
}
