import type { PipecatClient, Transport } from "@pipecat-ai/client-js";
import * as react19 from "react";
import { createRoot } from "react-dom/client";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import * as react18 from "../../packages/react-18/src/index.js";
import { HoldingsWatch } from "../../packages/testkit/src/browser/holdings.js";
import { WebSocketTransport } from "../../src/providers/pipecat/index.js";
import { App, openAITransport, silentLogger, webRtcTransport } from "./support/app.js";
import { stagedService, type StagedService } from "./support/stage.js";

const REACTS = [react18, { ...react19, createRoot }];

interface Way {
  readonly name: string;
  readonly transport: (service: StagedService) => Transport;
  readonly start: (client: PipecatClient, service: StagedService) => Promise<unknown>;
}

const connect = (client: PipecatClient): Promise<unknown> => client.connect();
const WAYS: readonly Way[] = [
  { name: "connect()", transport: ({ wsUrl }) => openAITransport(wsUrl), start: connect },
  { name: "connect() over WebRTC", transport: ({ wsUrl }) => webRtcTransport(wsUrl), start: connect },
  {
    name: "startBotAndConnect()",
    transport: () => new WebSocketTransport({}, undefined, { logger: silentLogger }),
    start: (client, { pipecatUrl }) => client.startBotAndConnect({ endpoint: pipecatUrl }),
  },
];

const MICROPHONES = ["not asked for", "asked for at first", "granted before"] as const;

/** What became of a call of the page's effect. */
type Outcome = "pending" | "resolved" | `rejected: ${string}`;

/** Of two starts at once, the client does not say which answer is whose; `docs/connect-attempts.md` says what follows where they cross. */
function answersInOrder(): void {
  const fetchNow = window.fetch;
  let before: Promise<unknown> = Promise.resolve();
  vi.stubGlobal("fetch", async (...request: Parameters<typeof fetch>) => {
    const older = before;
    const answer = fetchNow(...request);
    before = answer.then((response) => response.clone().arrayBuffer()).catch(() => undefined);
    await older;
    return answer;
  });
  onTestFinished(() => {
    vi.unstubAllGlobals();
  });
}

async function mountedTwice(react: (typeof REACTS)[number], way: Way, microphone: (typeof MICROPHONES)[number]) {
  // React listens to the document once for all of its roots.
  const root = react.createRoot(document.createElement("div"));
  const holdings = new HoldingsWatch();
  const service = await stagedService();
  answersInOrder();
  const app = new App({ transport: way.transport(service), enableMic: microphone !== "not asked for" });
  const { client } = app;
  if (microphone === "granted before") await client.initDevices();
  app.forget();

  const outcomes: Outcome[] = [];
  function Page(): null {
    react.useEffect(() => {
      const index = outcomes.push("pending") - 1;
      void way.start(client, service).then(
        () => (outcomes[index] = "resolved"),
        (error: unknown) => (outcomes[index] = `rejected: ${String(error)}`),
      );
      return () => void client.disconnect();
    }, []);
    return null;
  }

  onTestFinished(() => root.unmount());
  root.render(react.createElement(react.StrictMode, null, react.createElement(Page)));
  return { app, service, holdings, outcomes, unmount: () => root.unmount() };
}

describe.each(REACTS)("StrictMode of React $version: an effect that connects and whose end disconnects", (react) => {
  describe.each(WAYS)("$name", (way) => {
    it.each(MICROPHONES)("microphone %s: one session, ready, until the page is gone", async (microphone) => {
      const { app, service, holdings, outcomes, unmount } = await mountedTwice(react, way, microphone);

      await app.until("the second mount", () => outcomes.length === 2);
      await app.until("the live call's end", () => outcomes[1] !== "pending");
      expect(outcomes[1]).toBe("resolved");
      // Cancelled, or continued by the second mount: both are the client's to say, but it is said.
      await app.until("the cancelled call's end", () => outcomes[0] !== "pending");
      expect(app.client.state).toBe("ready");
      expect((await service.look()).sessions).toHaveLength(1);
      await app.answered("Hello there.");
      expect(app.client.state).toBe("ready");
      expect(app.client.isMicEnabled).toBe(microphone !== "not asked for");
      expect(app.errors).toEqual([]);

      unmount();
      await app.until("the end", () => app.client.state === "disconnected");
      await vi.waitUntil(async () => (await service.look()).sessions.length === 0, { timeout: 5_000 });
      await holdings.nothingLeft();
    });
  });
});
