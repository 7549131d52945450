import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { parseJsonObject, type JsonObject } from "./json.js";

const MAX_BODY_BYTES = 1_000_000;
const STATUS_TEXTS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  503: "Service Unavailable",
};

/** A body is larger than it may be. What came of it is thrown away. */
export class BodyTooLargeError extends Error {
  constructor(readonly mostBytes: number) {
    super(`The body is larger than ${String(mostBytes)} bytes.`);
    this.name = "BodyTooLargeError";
  }
}

/**
 * What lets a page on the allow list read an answer, and ask whether it may send what it means to; for any other request,
 * what keeps a cache from mixing them up.
 */
export function corsHeaders(request: IncomingMessage, listedOrigin: string | undefined): Record<string, string> {
  if (listedOrigin === undefined) return { Vary: "Origin" };
  const { headers } = request;
  return {
    Vary: "Origin",
    "Access-Control-Allow-Origin": listedOrigin,
    "Access-Control-Expose-Headers": "Location",
    "Access-Control-Allow-Methods": "GET, POST, PATCH, OPTIONS",
    "Access-Control-Allow-Headers": headers["access-control-request-headers"] ?? "authorization, content-type",
    "Access-Control-Max-Age": "600",
    ...(headers["access-control-request-private-network"] === "true" && {
      "Access-Control-Allow-Private-Network": "true",
    }),
  };
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, body: JsonObject): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
}

/** Refuses a WebSocket handshake with a JSON body; a browser sees no more than close code 1006. */
export function refuseUpgrade(socket: Duplex, status: number, body: JsonObject): void {
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${String(status)} ${STATUS_TEXTS[status] ?? "Error"}`,
    "Content-Type: application/json",
    `Content-Length: ${String(Buffer.byteLength(text))}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${text}`);
}

/**
 * The whole body.
 * @throws BodyTooLargeError as soon as it is known to be larger than `mostBytes`, by its header or by what came.
 */
export async function readBody(request: IncomingMessage, mostBytes = MAX_BODY_BYTES): Promise<Buffer> {
  if (Number(request.headers["content-length"] ?? 0) > mostBytes) throw new BodyTooLargeError(mostBytes);
  const chunks: Buffer[] = [];
  let length = 0;
  // Without `destroyOnReturn` the end of the loop would cut the connection before the refusal is sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length > mostBytes) throw new BodyTooLargeError(mostBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * The body as a JSON object; undefined when it is none. An empty body is an empty object.
 * @throws BodyTooLargeError
 */
export async function readJson(request: IncomingMessage, mostBytes = MAX_BODY_BYTES): Promise<JsonObject | undefined> {
  const body = await readBody(request, mostBytes);
  return body.length === 0 ? {} : parseJsonObject(body.toString("utf8"));
}
