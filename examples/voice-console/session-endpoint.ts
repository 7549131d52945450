import type { IncomingMessage, ServerResponse } from "node:http";
import { corsHeaders, judgeRequest, readOrigins, requestFacts } from "@rtvi-machine/local-service";
import type { Connect, Plugin } from "vite";

/** A service of the page, with what only the server may know. */
export interface BackedService {
  readonly id: string;
  readonly label: string;
  /** Where the page's transport connects to, e.g. `wss://api.openai.com/v1`; of a Pipecat bot, the host that starts it. */
  readonly base_url: string;
  /** Empty where it is the bot's own. */
  readonly model: string;
  /**
   * Starts a session: asks the service for what the page's transport is to connect with, a short-lived credential or
   * the address of a bot. The answer goes to the page as it is, its status too; whatever key it takes stays in this process.
   */
  readonly start: () => Promise<Response>;
}

/** Who else may ask for sessions. */
export interface EndpointOptions {
  /** Origins of other pages, e.g. `http://localhost:3000`. Default: none. */
  readonly allowOrigins?: readonly string[];
}

const MAX_BODY_BYTES = 10_000;
/** A session that is started costs money: a page that runs wild is stopped here. */
const MOST_STARTING = 8;

/**
 * Gives the page two endpoints: `GET /api/services` lists what it may talk to, `POST /api/session` with `{ service }`
 * starts a session of one and answers with its credential. The key itself never reaches the page, and no page of another
 * origin gets either, unless it is on the allow list.
 * @param services Read anew for each request.
 * @throws Error that names what is no origin in `allowOrigins`.
 */
export function sessionEndpoint(services: readonly BackedService[], options: EndpointOptions = {}): Plugin {
  const allowOrigins = readOrigins(options.allowOrigins ?? []);
  let starting = 0;

  /** Answers a request that is not to go on; false for one that is. */
  const isAnswered = (request: IncomingMessage, response: ServerResponse, method: "GET" | "POST"): boolean => {
    const verdict = judgeRequest(requestFacts(request), { allowOrigins, contentTypes: ["application/json"] });
    if (!verdict.isAllowed) {
      response.setHeader("Connection", "close");
      answer(response, verdict.status, { error: verdict.message });
      return true;
    }
    response.setHeaders(new Map(Object.entries(corsHeaders(request, verdict.listedOrigin))));
    if (request.method === method) return false;
    if (request.method === "OPTIONS") response.writeHead(204).end();
    else answer(response, 405, { error: `${method} only.` });
    return true;
  };

  const attach = ({ middlewares }: { middlewares: Connect.Server }): void => {
    middlewares.use("/api/services", (request, response) => {
      if (isAnswered(request, response, "GET")) return;
      const offered = services.map(({ id, label, base_url, model }) => ({ id, label, base_url, model }));
      answer(response, 200, offered);
    });
    middlewares.use("/api/session", (request, response) => {
      if (isAnswered(request, response, "POST")) return;
      startSession(request, response).catch((problem: unknown) => {
        const error = `The service could not start a session.${codeOf(problem)}`;
        // client-js looks for `info`.
        answer(response, 502, { error, info: error });
      });
    });
  };
  const startSession = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request);
    if (body === undefined) {
      response.setHeader("Connection", "close");
      answer(response, 413, { error: `The request is larger than ${String(MAX_BODY_BYTES)} bytes.` });
      return;
    }
    const wanted = readService(body);
    const service = services.find(({ id }) => id === wanted);
    if (!service) {
      answer(response, 400, { error: 'Expected { "service": <an id from /api/services> }.' });
      return;
    }
    if (starting >= MOST_STARTING) {
      answer(response, 429, { error: "Too many sessions are being started." });
      return;
    }
    starting += 1;
    try {
      const started = await service.start();
      answer(response, started.status, await started.json());
    } finally {
      starting -= 1;
    }
  };
  return { name: "voice-console-session", configureServer: attach, configurePreviewServer: attach };
}

/** ` (ECONNREFUSED)`. The words of an error may quote an address with a key in it; a code does not. */
function codeOf(problem: unknown): string {
  const cause: unknown = problem instanceof Error ? (problem.cause ?? problem) : undefined;
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "";
  return /^[A-Z][A-Z0-9_]{2,40}$/.test(code) ? ` (${code})` : "";
}

/** Undefined when it is larger than it may be. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function readService(body: string): string | undefined {
  try {
    const request: unknown = JSON.parse(body);
    if (typeof request !== "object" || request === null || !("service" in request)) return undefined;
    return typeof request.service === "string" ? request.service : undefined;
  } catch {
    return undefined; // Not JSON: the caller answers that no service was named.
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  response.end(JSON.stringify(body));
}
