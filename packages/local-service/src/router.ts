import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { BodyTooLargeError, corsHeaders, refuseUpgrade, sendJson } from "./http.js";
import { errorBody } from "./openai/protocol-error.js";
import { judgeRequest, requestFacts, type RequestVerdict } from "./request-policy.js";

/** Answers one HTTP request. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse, url: URL) => void | Promise<void>;
/** Takes over the socket of one WebSocket handshake. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer, url: URL) => void;

/** What one protocol adds to the server. Keys are `METHOD /path` for http; `/path`, or `/path/*` for one more segment, for upgrades. */
export interface Routes {
  readonly http?: Readonly<Record<string, HttpHandler>>;
  /** Content types of bodies, by the keys of `http`. Default: JSON. */
  readonly contentTypes?: Readonly<Record<string, readonly string[]>>;
  readonly upgrades?: Readonly<Record<string, UpgradeHandler>>;
}

const BASE = "http://127.0.0.1";
const MALFORMED = errorBody({ code: "malformed_url", message: "The address of the request is malformed." });
const HOW_TO_ALLOW =
  "To let a page in, start the service with --allow-origin <origin>, or with the option allowOrigins.";
const JSON_ONLY: readonly string[] = ["application/json"];

/**
 * The address of a request, undefined when it is none. Some clients write `//v1/…` when their base address ends in a slash:
 * that is `/v1/…`.
 */
export function requestUrl(request: IncomingMessage): URL | undefined {
  const target = request.url ?? "/";
  // A whole address is for proxies, and would say another host than the header that is checked.
  if (!target.startsWith("/")) return undefined;
  const path = target.replace(/^\/+/, "/");
  const url = URL.canParse(path, BASE) ? new URL(path, BASE) : undefined;
  // A backslash counts as a slash: `/\\elsewhere` is another host.
  return url?.origin === BASE ? url : undefined;
}

type Refusal = Extract<RequestVerdict, { isAllowed: false }>;

/** One HTTP server for every protocol: asks the request policy, looks the path up, and nothing else. */
export class Router {
  readonly #allowOrigins: ReadonlySet<string>;
  readonly #refused: (message: string) => void;
  readonly #http = new Map<string, HttpHandler>();
  readonly #contentTypes = new Map<string, readonly string[]>();
  readonly #upgrades = new Map<string, UpgradeHandler>();

  /** @param refused Is told of every request that the policy refuses, for the developer whose page it was. */
  constructor(allowOrigins: ReadonlySet<string>, refused: (message: string) => void) {
    this.#allowOrigins = allowOrigins;
    this.#refused = refused;
  }

  add(routes: Routes): void {
    for (const [key, handler] of Object.entries(routes.http ?? {})) {
      this.#http.set(key, handler);
      this.#contentTypes.set(key, routes.contentTypes?.[key] ?? JSON_ONLY);
    }
    for (const [path, handler] of Object.entries(routes.upgrades ?? {})) this.#upgrades.set(path, handler);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = requestUrl(request);
    const key = `${request.method ?? "GET"} ${url?.pathname ?? ""}`;
    const verdict = this.#judge(request, this.#contentTypes.get(key), false);
    if (!verdict.isAllowed) {
      // What may still come of the body is read by nobody.
      response.setHeader("Connection", "close");
      sendJson(response, verdict.status, this.#refusal(verdict));
      return;
    }
    response.setHeaders(new Map(Object.entries(corsHeaders(request, verdict.listedOrigin))));
    if (url === undefined) {
      sendJson(response, 400, MALFORMED);
      return;
    }
    if (request.method === "OPTIONS") {
      response.writeHead(204).end();
      return;
    }
    const handler = this.#http.get(key);
    if (!handler) {
      sendJson(response, 404, this.#unknown(request, url));
      return;
    }
    try {
      await handler(request, response, url);
    } catch (error) {
      if (!(error instanceof BodyTooLargeError)) throw error;
      response.setHeader("Connection", "close");
      sendJson(response, 413, errorBody({ code: "body_too_large", message: error.message }));
    }
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const verdict = this.#judge(request, undefined, true);
    if (!verdict.isAllowed) {
      refuseUpgrade(socket, verdict.status, this.#refusal(verdict));
      return;
    }
    const url = requestUrl(request);
    if (url === undefined) {
      refuseUpgrade(socket, 400, MALFORMED);
      return;
    }
    const handler = this.#upgrades.get(url.pathname) ?? this.#upgrades.get(url.pathname.replace(/[^/]+$/, "*"));
    if (handler) handler(request, socket, head, url);
    else refuseUpgrade(socket, 404, this.#unknown(request, url));
  }

  #judge(request: IncomingMessage, contentTypes: readonly string[] | undefined, isUpgrade: boolean): RequestVerdict {
    return judgeRequest(requestFacts(request, isUpgrade), { allowOrigins: this.#allowOrigins, contentTypes });
  }

  #refusal({ because, message }: Refusal): ReturnType<typeof errorBody> {
    this.#refused(because === "origin" || because === "fetch-site" ? `${message} ${HOW_TO_ALLOW}` : message);
    return errorBody({ code: `forbidden_${because.replace("-", "_")}`, message });
  }

  #unknown(request: IncomingMessage, url: URL): ReturnType<typeof errorBody> {
    return errorBody({
      code: "unknown_url",
      message: `Unknown request URL: ${request.method ?? "GET"} ${url.pathname}.`,
    });
  }
}
