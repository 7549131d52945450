import type { IncomingMessage, ServerResponse } from "node:http";
import type { Connect, Plugin } from "vite";

/** A service of the page, with what only the server may know. */
export interface BackedService {
  readonly id: string;
  readonly label: string;
  /** Where the page's transport dials, e.g. `wss://api.openai.com/v1`; of a Pipecat bot, where it is started. */
  readonly base_url: string;
  /** Empty where it is the bot's own. */
  readonly model: string;
  /**
   * Starts a session: asks the service for what the page's transport is to connect with, a short-lived credential or
   * the address of a bot. The answer goes to the page as it is, its status too; whatever key it takes stays in this process.
   */
  readonly start: () => Promise<Response>;
}

const MAX_BODY_BYTES = 10_000;

/**
 * Gives the page two endpoints: `GET /api/services` lists what it may talk to, `POST /api/session` with `{ service }`
 * starts a session of one and answers with its credential. The key itself never reaches the page.
 */
export function sessionEndpoint(services: readonly BackedService[]): Plugin {
  const attach = ({ middlewares }: { middlewares: Connect.Server }): void => {
    middlewares.use("/api/services", (_request, response) => {
      const offered = services.map(({ id, label, base_url, model }) => ({ id, label, base_url, model }));
      answer(response, 200, offered);
    });
    middlewares.use("/api/session", (request, response) => {
      startSession(request, response).catch((problem: unknown) => {
        answer(response, 502, { error: `The service could not be reached: ${String(problem)}` });
      });
    });
  };
  const startSession = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== "POST") {
      answer(response, 405, { error: "POST { service } to start a session." });
      return;
    }
    const wanted = readService(await readBody(request));
    const service = services.find(({ id }) => id === wanted);
    if (!service) {
      answer(response, 400, { error: `No such service: ${wanted ?? "none named"}` });
      return;
    }
    const started = await service.start();
    answer(response, started.status, await started.json());
  };
  return { name: "voice-console-session", configureServer: attach, configurePreviewServer: attach };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > MAX_BODY_BYTES) throw new Error("request too large");
  }
  return body;
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
