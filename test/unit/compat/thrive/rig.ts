import { expect, onTestFinished, vi } from "vitest";
import { WebSocket as NodeWebSocket } from "ws";
import type { TransportOptions, WebSocketConstructor } from "../../../../src/options.js";
import {
  createWebSocketTransport,
  type RealtimeEvent,
  type WebSocketTransportConfig,
  type WebSocketTransportDeps,
} from "../../../../src/compat/thrive/index.js";
import { ScriptedMediaManager } from "../../../../src/testing/index.js";
import { canary } from "../../../../packages/testkit/src/secrets/secrets.js";

const ignore = () => undefined;
export const quiet = { debug: ignore, info: ignore, warn: ignore, error: ignore };

type Loose = { readonly type: string } & Record<string, unknown>;

/** A transport on a local service, everything it dialled, sent, played and said. */
export function rigFor(
  wsUrl: string,
  config: WebSocketTransportConfig = {},
  deps: WebSocketTransportDeps = {},
  options: TransportOptions = {},
) {
  const manager = new ScriptedMediaManager();
  const dialled: string[] = [];
  const sent: Loose[] = [];
  class Socket extends NodeWebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      dialled.push(String(url));
    }
    override send(data: string): void {
      sent.push(JSON.parse(data) as Loose);
      super.send(data);
    }
  }
  const transport = createWebSocketTransport(
    {
      base_url: wsUrl,
      ...config,
    },
    { mediaManager: manager, ...deps },
    {
      WebSocket: Socket as unknown as WebSocketConstructor,
      logger: quiet,
      reconnect: { base: 5, cap: 20, attempts: 200 },
      ...options,
    },
  );
  onTestFinished(() => transport.close());
  const events: RealtimeEvent[] = [];
  const onEvent = (event: RealtimeEvent): void => void events.push(event);
  return {
    transport,
    manager,
    dialled,
    sent,
    events,
    connect: (token = canary()) => transport.connect({ token, onEvent }),
    types: () => events.map(({ type }) => type),
    all: (type: string) => events.filter((event) => event.type === type) as Loose[],
    sentOf: (type: string) => sent.filter((event) => event.type === type),
    seen: (type: string, times = 1) =>
      vi.waitFor(() => {
        expect(events.filter((event) => event.type === type).length).toBeGreaterThanOrEqual(times);
      }, 8_000),
  };
}

/** The session endpoint's answer in the documented shape. */
export const sessionToken = (value = canary(), model = "gpt-realtime") => ({
  client_secret: { value, expires_at: "2030-01-01T00:00:00Z" },
  session_id: "sess_documented",
  model,
});
