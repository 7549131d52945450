import type { LocalService, LocalServiceOptions } from "../../../packages/local-service/src/index.js";
import { PipecatRawClient } from "../../../packages/testkit/src/clients/pipecat-client.js";
import { withService } from "../../../packages/testkit/src/worlds/with-service.js";

/** What `POST /start` answers. */
export interface Started {
  readonly wsUrl: string;
  readonly sessionId: string;
  readonly token: string | null;
  readonly resumable?: boolean;
}

export async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return await fetch(url, { method: "POST", body: text, headers: { "Content-Type": "application/json", ...headers } });
}

export async function start(service: LocalService, request: object = {}): Promise<Started> {
  return (await (await post(service.pipecatUrl, { transport: "websocket", ...request })).json()) as Started;
}

/** A service and a client that has seen `bot-ready`. */
export async function withBot(
  options: LocalServiceOptions = {},
  version?: string,
): Promise<{ service: LocalService; client: PipecatRawClient }> {
  const service = await withService(options);
  const client = await PipecatRawClient.open((await start(service)).wsUrl);
  await client.ready(version);
  return { service, client };
}
