import { RTVIMessage } from "@pipecat-ai/client-js";
import fc from "fast-check";
import { expect, it, vi } from "vitest";
import type { MediaManager } from "../../../src/media/media-manager.js";
import type { TransportOptions } from "../../../src/options.js";
import type { VoiceTransport } from "../../../src/transport/voice-transport.js";
import { ScriptedMediaManager } from "../../../src/testing/index.js";
import { damagedJson } from "../../../packages/testkit/src/util/damaged.js";
import { silent } from "../../../packages/testkit/src/worlds/world.js";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../../packages/testkit/src/scripted/fake-web-socket.js";

/** A service that speaks JSON, and what it may be made to say. */
export interface Babbler {
  readonly transport: (manager: MediaManager, options: TransportOptions) => VoiceTransport;
  /** What it says until the session is ready. */
  readonly opening: readonly object[];
  /** What it says in a session, to be damaged. No audio, of which nothing is to pass for samples. */
  readonly sound: readonly object[];
  /** Audio that must not be heard. */
  readonly noise: readonly string[];
  /** The end of whatever was under way, and one piece of audio. */
  readonly answer: readonly object[];
  /** What lets a text of the app through, where that waits for something. */
  readonly after?: readonly object[];
  readonly runs: number;
}

const say = (...messages: readonly object[]): void => {
  for (const message of messages) FakeWebSocket.last.message(JSON.stringify(message));
};
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

async function ready({ transport: make, opening }: Babbler) {
  FakeWebSocket.all.length = 0;
  const told: RTVIMessage[] = [];
  const errors: RTVIMessage[] = [];
  const manager = new ScriptedMediaManager();
  const play = vi.spyOn(manager.ports.speaker, "write");
  const transport = make(manager, { WebSocket: FakeWebSocketConstructor, reconnect: false, logger: silent });
  const callbacks = { onError: (message: RTVIMessage) => void errors.push(message) };
  transport.initialize({ transport, callbacks }, (message) => void told.push(message));
  const connecting = transport.connect();
  await vi.waitUntil(() => FakeWebSocket.all.length === 1, { interval: 1 });
  FakeWebSocket.last.open();
  await connecting;
  const announced = transport.sendReadyMessage();
  say(...opening);
  await announced;
  return { transport, told, errors, play };
}

/** The test of a transport: messages by the thousand, and a session that works after them. */
export function standsNonsense(babbler: Babbler): void {
  const nonsense = fc.oneof(
    { weight: 5, arbitrary: damagedJson(babbler.sound) },
    fc.constantFrom(...babbler.noise),
    fc.json(),
    fc.string(),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Uint8Array.from(bytes).buffer),
  );
  it("crashes nothing, plays nothing, and leaves a session that works", async () => {
    let messages = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(nonsense, { minLength: 60, maxLength: 80 }), async (corpus) => {
        const { transport, told, errors, play } = await ready(babbler);
        for (const message of corpus) FakeWebSocket.last.message(message);
        messages += corpus.length;
        await turn();
        expect(play).not.toHaveBeenCalled();
        expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
        expect(transport.state).toBe("ready");
        for (const { data } of errors) expect(data).toMatchObject({ fatal: false });

        say(...babbler.answer);
        expect(play).toHaveBeenCalledTimes(1);
        transport.sendMessage(new RTVIMessage("send-text", { content: "still here" }));
        say(...(babbler.after ?? []));
        await turn();
        expect(FakeWebSocket.last.sent.join()).toContain("still here");

        const gone = transport.disconnect();
        FakeWebSocket.last.drop(1000, "", true);
        await gone;
        expect(transport.state).toBe("disconnected");
        const count = (type: string) => told.filter((message) => message.type === type).length;
        for (const family of ["bot-llm", "bot-tts", "llm-function-call"]) {
          expect(count(`${family}-stopped`), family).toBe(count(`${family}-started`));
        }
      }),
      { numRuns: babbler.runs, seed: 20_261_121, endOnFailure: true },
    );
    expect(messages).toBeGreaterThan(babbler.runs * 60);
  }, 60_000);
}
