import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { parseJsonObject, type JsonObject } from "./json.js";

const MAX_BODY_BYTES = 1_000_000;
const LOCAL_ORIGIN = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\]|[\w-]+\.localhost)(:\d+)?$/;
const STATUS_TEXTS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  503: "Service Unavailable",
};

/** Lets pages from this machine, at any port, call the service. */
export function allowLocalPages(request: IncomingMessage, response: ServerResponse): void {
  const { origin } = request.headers;
  if (origin === undefined || !LOCAL_ORIGIN.test(origin)) return;
  response.setHeader("Access-Control-Allow-Origin", origin);
  response.setHeader("Vary", "Origin");
  response.setHeader("Access-Control-Expose-Headers", "Location");
  response.setHeader("Access-Control-Allow-Methods", "GET, POST, PATCH, OPTIONS");
  const wanted = request.headers["access-control-request-headers"];
  response.setHeader("Access-Control-Allow-Headers", wanted ?? "authorization, content-type");
  if (request.headers["access-control-request-private-network"] === "true") {
    response.setHeader("Access-Control-Allow-Private-Network", "true");
  }
  response.setHeader("Access-Control-Max-Age", "600");
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

/** The body; undefined when it is over 1 MB. */
export async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) return undefined;
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The body as a JSON object; undefined when it is none, or over 1 MB. An empty body is an empty object. */
export async function readJson(request: IncomingMessage): Promise<JsonObject | undefined> {
  const body = await readBody(request);
  return body?.length === 0 ? {} : body && parseJsonObject(body.toString("utf8"));
}
