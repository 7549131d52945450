import { RTVIMessage } from "@pipecat-ai/client-js";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Connection, Upcalls } from "../../../../src/contracts/connection.js";
import { GeminiLiveWebsocketTransport, type GeminiLLMServiceOptions } from "../../../../src/providers/gemini/index.js";
import type { SessionPlan } from "../../../../src/providers/gemini/plan.js";
import { GeminiProvider } from "../../../../src/providers/gemini/provider.js";
import { ScriptedMediaManager } from "../../../../src/testing/index.js";
import { runningTurns } from "../../../../packages/testkit/src/models/running-turns.js";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../../../packages/testkit/src/scripted/fake-web-socket.js";
import { canary } from "../../../../packages/testkit/src/secrets/secrets.js";
import { silent } from "../../../../packages/testkit/src/worlds/world.js";

const KEY = canary("AIza");
const ATTEMPT = { attempt: 1, resuming: false, signal: new AbortController().signal };

/** A session whose settings bring a handle. */
function begin(options: GeminiLLMServiceOptions = {}, kept?: unknown) {
  const settings = { session_resumption: { handle: "mine" } };
  const transport = { WebSocket: FakeWebSocketConstructor };
  const provider = new GeminiProvider({ name: "TestTransport", options: { settings, ...options }, transport });
  const rates = { input: 16_000, output: 24_000 };
  const session = provider.begin({ params: undefined, kept, rates, logger: silent, isMicWanted: () => true });
  return { provider, session, handle: () => (session.plan(ATTEMPT) as SessionPlan).handle };
}

/** Opens a connection, which closes again. Resolves to why. */
function closed({ session }: ReturnType<typeof begin>, code: number, reason: string): Promise<Error> {
  return new Promise((resolve) => {
    const opened = (): void => {
      FakeWebSocket.last.drop(code, reason);
    };
    session.open(session.plan(ATTEMPT), KEY, ATTEMPT, { opened, closed: resolve } as unknown as Upcalls);
    FakeWebSocket.last.open();
  });
}

beforeEach(() => {
  FakeWebSocket.all.length = 0;
});

describe("Gemini: a session", () => {
  it.each([
    ["offers its handle again", 1006, "", "mine"],
    ["offers its handle again", 1011, "Internal error encountered.", "mine"],
    ["begins anew", 1007, "Request contains an invalid argument.", undefined],
  ])("resumption: %s after %i %j", async (_what, code, reason, offered) => {
    const begun = begin();
    expect(await closed(begun, code, reason)).toMatchObject({ closeCode: code, retryable: true });
    expect(begun.handle()).toBe(offered);
  });

  it.each([
    [true, ["hi"]],
    [false, []],
  ])("keep_session: with %j the next one goes on with %j", (keep_session, said) => {
    const { session } = begin({ keep_session });
    const dialogue = session.dialogue(session.plan(ATTEMPT), KEY, {} as Connection, runningTurns());
    dialogue.open();
    dialogue.receive('{"setupComplete":{}}');
    dialogue.command({ type: "message", message: new RTVIMessage("send-text", { content: "hi" }) });
    dialogue.end(false);
    const { provider } = begin({ keep_session }, session.end().kept);
    expect(provider.items).toEqual(said.map((content) => ({ type: "message", role: "user", content })));
  });
});

describe("Gemini: the names of Pipecat's class", () => {
  it("connectLLM, disconnectLLM: connect and disconnect, to the end", async () => {
    const transport = new GeminiLiveWebsocketTransport({ api_key: KEY }, new ScriptedMediaManager(), {
      WebSocket: FakeWebSocketConstructor,
      logger: silent,
    });
    transport.initialize({ transport }, () => undefined);
    const connecting = transport.connectLLM();
    await vi.waitUntil(() => FakeWebSocket.all.length === 1);
    FakeWebSocket.last.open();
    await connecting;
    expect(transport.state).toBe("connected");
    const gone = transport.disconnectLLM();
    FakeWebSocket.last.drop(1000, "", true);
    await gone;
    expect(transport.state).toBe("disconnected");
  });
});
