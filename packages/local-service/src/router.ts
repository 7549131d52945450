import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { allowLocalPages, refuseUpgrade, sendJson } from "./http.js";
import { errorBody } from "./openai/protocol-error.js";

/** Answers one HTTP request. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse, url: URL) => void | Promise<void>;
/** Takes over the socket of one WebSocket handshake. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer, url: URL) => void;

/** What one protocol adds to the server. Keys are `METHOD /path` for http; `/path`, or `/path/*` for one more segment, for upgrades. */
export interface Routes {
  readonly http?: Readonly<Record<string, HttpHandler>>;
  readonly upgrades?: Readonly<Record<string, UpgradeHandler>>;
}

/** The address of a request. Some clients write `//v1/…` when their base address ends in a slash: that is `/v1/…`. */
export function requestUrl(request: IncomingMessage): URL {
  const target = (request.url ?? "/").replace(/^\/+/, "/");
  return new URL(target, "http://127.0.0.1");
}

/** One HTTP server for every protocol: looks the path up, and nothing else. */
export class Router {
  readonly #http = new Map<string, HttpHandler>();
  readonly #upgrades = new Map<string, UpgradeHandler>();

  add(routes: Routes): void {
    for (const [key, handler] of Object.entries(routes.http ?? {})) this.#http.set(key, handler);
    for (const [path, handler] of Object.entries(routes.upgrades ?? {})) this.#upgrades.set(path, handler);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    allowLocalPages(request, response);
    const url = requestUrl(request);
    if (request.method === "OPTIONS") {
      response.writeHead(204).end();
      return;
    }
    const handler = this.#http.get(`${request.method ?? "GET"} ${url.pathname}`);
    if (handler) await handler(request, response, url);
    else sendJson(response, 404, this.#unknown(request, url));
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = requestUrl(request);
    const handler = this.#upgrades.get(url.pathname) ?? this.#upgrades.get(url.pathname.replace(/[^/]+$/, "*"));
    if (handler) handler(request, socket, head, url);
    else refuseUpgrade(socket, 404, this.#unknown(request, url));
  }

  #unknown(request: IncomingMessage, url: URL): ReturnType<typeof errorBody> {
    return errorBody({
      code: "unknown_url",
      message: `Unknown request URL: ${request.method ?? "GET"} ${url.pathname}.`,
    });
  }
}
