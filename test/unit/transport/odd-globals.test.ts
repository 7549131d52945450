import { describe, expect, it, onTestFinished, vi } from "vitest";
import { flightRecorder } from "../../../src/inspect/index.js";
import { autoplayAllowed } from "../../../src/media/context-watch.js";
import { ElementWatch } from "../../../src/media/element-watch.js";
import { OpenAIRealTimeWebSocketTransport } from "../../../src/providers/openai/index.js";
import { WebSocketTransport } from "../../../src/providers/pipecat/index.js";
import type { TransportOptions } from "../../../src/options.js";
import { bot } from "../providers/pipecat/rig.js";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../../packages/testkit/src/scripted/fake-web-socket.js";
import { canary } from "../../../packages/testkit/src/secrets/secrets.js";

const KEY = canary("ek_");

/** What stubs, React Native, workers and old environments have in the place of a page. */
const SURROUNDINGS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "nothing at all": { window: undefined, navigator: undefined, document: undefined, crypto: undefined },
  "everything null": { window: null, navigator: null, document: null },
  "empty objects": { window: {}, navigator: {}, document: {}, crypto: {} },
  "no objects": { window: 1, navigator: "node", document: true },
  "a window of functions that are none": { window: { addEventListener: 1, navigator: null, document: null } },
  "devices that are null": { navigator: { mediaDevices: null, onLine: null } },
  "devices that do nothing": { navigator: { mediaDevices: {} } },
};

const session = { type: "realtime", id: "sess_1" };
const SERVICES: Readonly<
  Record<string, [(options: TransportOptions) => OpenAIRealTimeWebSocketTransport | WebSocketTransport, () => unknown]>
> = {
  OpenAI: [
    (options) => new OpenAIRealTimeWebSocketTransport({ api_key: KEY }, undefined, options),
    () =>
      ["session.created", "session.updated"].map((type) =>
        FakeWebSocket.last.message(JSON.stringify({ type, session })),
      ),
  ],
  Pipecat: [
    (options) => new WebSocketTransport({ wsUrl: "ws://bot.test/ws" }, undefined, options),
    () => FakeWebSocket.last.message(bot.rtvi("bot-ready", { version: "1.0.0" })),
  ],
};

describe.each(Object.entries(SURROUNDINGS))("surroundings: %s", (_what, globals) => {
  const enter = () => {
    for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
    onTestFinished(() => void vi.unstubAllGlobals());
  };

  it.each(Object.entries(SERVICES))(
    "a session of %s begins and ends, and a device list is empty",
    async (_name, [make, greet]) => {
      FakeWebSocket.all.length = 0;
      enter();
      const said: unknown[] = [];
      const log = (...line: unknown[]) => void said.push(line);
      const logger = { debug: () => undefined, info: () => undefined, warn: log, error: log };
      const transport = make({ WebSocket: FakeWebSocketConstructor, inspect: flightRecorder(), logger });
      const errors: unknown[] = [];
      transport.initialize({ transport, callbacks: { onError: (error) => void errors.push(error) } }, () => undefined);
      const connecting = transport.connect();
      await vi.waitUntil(() => FakeWebSocket.all.length === 1, { interval: 1 });
      FakeWebSocket.last.open();
      await connecting;
      const announced = transport.sendReadyMessage();
      greet();
      await announced;
      expect(transport.state).toBe("ready");
      expect(await transport.getAllMics().catch(String)).toEqual([]);
      const left = transport.disconnect();
      FakeWebSocket.last.drop(1000, "", true);
      await left;
      expect(errors).toEqual([]);
      // Once each, and nothing else.
      expect(said.map((line) => String(line).slice(0, 40))).toEqual([
        expect.stringContaining("device error (mic, undefined-mediadev"),
        expect.stringContaining("device error (speaker, undefined-medi"),
      ]);
    },
  );

  it("media: what looks at the page finds nothing there", () => {
    enter();
    expect(autoplayAllowed({} as AudioContext)).toBeUndefined();
    const changed = vi.fn();
    new ElementWatch({} as MediaStreamTrack, changed).end();
    expect(changed).not.toHaveBeenCalled();
  });
});
