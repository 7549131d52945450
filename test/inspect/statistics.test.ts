import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Inspector } from "../../src/contracts/inspector.js";
import { flightRecorder, storyOf, type FlightRecorder, type StatisticsEntry } from "../../src/inspect/index.js";
import { OpenAIRealTimeWebRTCTransport, OpenAIRealTimeWebSocketTransport } from "../../src/providers/openai/index.js";
import { ManualClock, ScriptedMediaManager } from "../../src/testing/index.js";
import {
  FakePeerConnection,
  FakePeerConnectionConstructor,
} from "../../packages/testkit/src/scripted/fake-peer-connection.js";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../packages/testkit/src/scripted/fake-web-socket.js";
import { canary } from "../../packages/testkit/src/secrets/secrets.js";
import { silent } from "../../packages/testkit/src/worlds/world.js";

const KEY = canary("ek_");
const ADDRESS = "203.0.113.7";
const rest = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

beforeEach(() => {
  FakeWebSocket.all.length = 0;
  FakePeerConnection.all.length = 0;
});

async function onSocket(inspect?: Inspector) {
  const manager = new ScriptedMediaManager();
  const clock = new ManualClock();
  const transport = new OpenAIRealTimeWebSocketTransport({ api_key: KEY }, manager, {
    WebSocket: FakeWebSocketConstructor,
    clock,
    logger: silent,
    ...(inspect !== undefined && { inspect }),
  });
  transport.initialize({ transport, enableMic: false }, () => undefined);
  const connecting = transport.connect();
  await vi.waitFor(() => expect(FakeWebSocket.all).toHaveLength(1));
  FakeWebSocket.last.open();
  await connecting;
  return { transport, manager, clock };
}

async function onPeer(inspect?: Inspector) {
  FakePeerConnection.all.length = 0;
  const clock = new ManualClock();
  const transport = new OpenAIRealTimeWebRTCTransport({ api_key: KEY }, new ScriptedMediaManager(), {
    RTCPeerConnection: FakePeerConnectionConstructor,
    fetch: () =>
      Promise.resolve(new Response("v=0 answer", { status: 201, headers: { "Content-Type": "application/sdp" } })),
    clock,
    logger: silent,
    ...(inspect !== undefined && { inspect }),
  });
  transport.initialize({ transport, enableMic: false }, () => undefined);
  const connecting = transport.connect();
  await vi.waitFor(() => expect(FakePeerConnection.last.answer).toBe("v=0 answer"));
  FakePeerConnection.last.open();
  await connecting;
  FakePeerConnection.last.measurements = [
    { type: "local-candidate", id: "c", address: ADDRESS, usernameFragment: "frag" },
    { type: "candidate-pair", id: "p", selected: true, currentRoundTripTime: 0.042, bytesSent: 10, bytesReceived: 20 },
    { type: "inbound-rtp", kind: "audio", packetsReceived: 250, packetsLost: 12, jitter: 0.003 },
  ];
  return { transport, clock };
}

const measured = (recorder: FlightRecorder): StatisticsEntry["numbers"][] =>
  recorder.export().entries.flatMap((entry) => (entry.kind === "statistics" ? [entry.numbers] : []));

describe("flightRecorder: statistics", () => {
  it("of a WebSocket and the player stand in the recording every five seconds", async () => {
    const recorder = flightRecorder();
    const { transport, manager, clock } = await onSocket(recorder);
    FakeWebSocket.last.bufferedAmount = 4_096;
    clock.advance(5_000);
    await rest();
    manager.speaker.report({
      type: "began",
      item: { itemId: "item_1", playedSamples: 2_400, receivedSamples: 4_800, sampleRate: 24_000 },
    });
    clock.advance(5_000);
    await rest();
    expect(measured(recorder)).toEqual([
      { bufferedAmount: 4_096 },
      { bufferedAmount: 4_096, playedMs: 100, waitingMs: 0, underruns: 0 },
    ]);
    const gone = transport.disconnect();
    FakeWebSocket.last.drop(1000, "", true);
    await gone;
  });

  it("of a peer connection are its numbers, without addresses; the story tells them", async () => {
    const recorder = flightRecorder();
    const { transport, clock } = await onPeer(recorder);
    clock.advance(5_000);
    await rest();
    expect(measured(recorder)).toEqual([
      {
        bufferedAmount: 0,
        roundTripMs: 42,
        bytesSent: 10,
        bytesReceived: 20,
        packetsReceived: 250,
        packetsReceivedLost: 12,
        jitterMs: 3,
      },
    ]);
    const file = JSON.stringify(recorder.export());
    for (const hidden of [ADDRESS, "frag", KEY]) expect(file).not.toContain(hidden);
    expect(storyOf(file).join("\n")).toContain(
      "measured: round trip 42 ms, 250 packets received, 12 of them lost, jitter 3 ms",
    );
    await transport.disconnect();
  });

  it("are what is known, where the browser refuses to measure", async () => {
    const recorder = flightRecorder();
    const { transport, clock } = await onPeer(recorder);
    FakePeerConnection.last.measurements = new DOMException("closed", "InvalidStateError");
    clock.advance(5_000);
    await rest();
    expect(measured(recorder)).toEqual([{ bufferedAmount: 0 }]);
    await transport.disconnect();
  });

  it("are taken no more once the connection is over, and leave no timer", async () => {
    const recorder = flightRecorder();
    const { transport, clock } = await onPeer(recorder);
    clock.advance(5_000);
    await rest();
    await transport.disconnect();
    expect(clock.pending).toBe(0);
    clock.advance(60_000);
    await rest();
    expect(measured(recorder)).toHaveLength(1);
    expect(FakePeerConnection.last.measured).toBe(1);
  });

  it.each([
    ["nobody inspects", undefined],
    ["nobody wants them", { inspect: () => undefined }],
  ])("are not taken where %s", async (_, inspect) => {
    const { transport, clock } = await onPeer(inspect);
    const timers = clock.pending;
    clock.advance(12_000);
    await rest();
    expect(FakePeerConnection.last.measured).toBe(0);
    await transport.disconnect();
    const other = await onPeer(flightRecorder());
    expect(other.clock.pending).toBe(timers + 1);
    await other.transport.disconnect();
  });
});
