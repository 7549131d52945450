import { RTVIMessage } from "@pipecat-ai/client-js";
import { describe, expect, it, vi } from "vitest";
import { flightRecorder, type MessageEntry } from "../../src/inspect/index.js";
import { OpenAIRealTimeWebSocketTransport } from "../../src/providers/openai/index.js";
import { ManualClock, ScriptedMediaManager } from "../../src/testing/index.js";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../packages/testkit/src/scripted/fake-web-socket.js";
import { canary } from "../../packages/testkit/src/secrets/secrets.js";
import { silent } from "../../packages/testkit/src/worlds/world.js";

const KEY = canary("ek_");
const SAID = "My name is Ada and I live in London.";

async function session(isInspected = true) {
  FakeWebSocket.all.length = 0;
  const recorder = flightRecorder({ now: () => 0 });
  const manager = new ScriptedMediaManager();
  const transport = new OpenAIRealTimeWebSocketTransport({ api_key: KEY }, manager, {
    WebSocket: FakeWebSocketConstructor,
    clock: new ManualClock(),
    logger: silent,
    ...(isInspected && { inspect: recorder }),
  });
  transport.initialize({ transport, enableMic: true }, () => undefined);
  await transport.initDevices();
  const connecting = transport.connect();
  await vi.waitFor(() => {
    expect(FakeWebSocket.all).toHaveLength(1);
  });
  FakeWebSocket.last.open();
  await connecting;
  const receive = (event: object): void => FakeWebSocket.last.message(JSON.stringify(event));
  receive({ type: "session.created", session: { type: "realtime", id: "sess_1" } });
  receive({ type: "session.updated", session: { type: "realtime", id: "sess_1" } });
  await transport.sendReadyMessage();
  return { recorder, manager, transport, receive };
}

describe("inspect: messages of a real protocol", () => {
  it("are outlined as they pass: name, size, count; never what is in them", async () => {
    const { recorder, manager, transport, receive } = await session();
    receive({
      type: "conversation.item.input_audio_transcription.completed",
      item_id: "item_1",
      content_index: 0,
      transcript: SAID,
    });
    for (let each = 0; each < 3; each += 1) manager.say(new ArrayBuffer(960));
    const file = recorder.export();
    const messages = file.entries.filter((entry): entry is MessageEntry => entry.kind === "message");
    const names = messages.map(({ direction, type }) => `${direction} ${type}`);
    expect(names).toEqual([
      "sent session.update",
      "received session.created",
      "received session.updated",
      "received conversation.item.input_audio_transcription.completed",
      "sent audio",
    ]);
    expect(messages.at(-1)).toMatchObject({ size: 3 * 960, count: 3 });
    expect(messages[1]!.size).toBe(
      JSON.stringify({ type: "session.created", session: { type: "realtime", id: "sess_1" } }).length,
    );
    const text = JSON.stringify(file);
    expect(text).not.toContain("Ada");
    expect(text).not.toContain(KEY);
    const gone = transport.disconnect();
    FakeWebSocket.last.drop(1000, "", true);
    await gone;
  });
});

describe("inspect: without an inspector", () => {
  /** What a session costs: whether XState has an observer, and how often messages are written and looked at. */
  const costOf = async (isInspected: boolean) => {
    const { transport, manager } = await session(isInspected);
    const looked = vi.spyOn(RegExp.prototype, "exec");
    const written = vi.spyOn(JSON, "stringify");
    transport.sendMessage(
      new RTVIMessage("append-to-context", { role: "user", content: SAID, run_immediately: false }),
    );
    manager.say(new ArrayBuffer(960));
    const cost = {
      isObserved: transport.actor.options.inspect !== undefined,
      written: written.mock.calls.filter(([value]) => (value as { type?: string }).type === "conversation.item.create")
        .length,
      looked: looked.mock.calls.filter(([text]) => text.includes(SAID)).length,
    };
    vi.restoreAllMocks();
    const gone = transport.disconnect();
    FakeWebSocket.last.drop(1000, "", true);
    await gone;
    return cost;
  };

  it("no chart is observed, and no message is written twice or looked at", async () => {
    expect(await costOf(false)).toEqual({ isObserved: false, written: 1, looked: 0 });
    const withOne = await costOf(true);
    expect(withOne.isObserved).toBe(true);
    expect(withOne.written).toBeGreaterThan(1);
    expect(withOne.looked).toBeGreaterThan(0);
  });
});
