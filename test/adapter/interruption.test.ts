import { LogLevel, PipecatClient, type RTVIEventCallbacks } from "@pipecat-ai/client-js";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ConnectionLostError } from "../../src/errors.js";
import type { PlayedItem } from "../../src/contracts/speaker.js";
import { OpenAIRealTimeWebSocketTransport } from "../../src/providers/openai/index.js";
import { ManualClock, ScriptedMediaManager } from "../../src/testing/index.js";
import { played, server } from "../../packages/testkit/src/messages/openai.js";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../packages/testkit/src/scripted/fake-web-socket.js";
import { SeedTransport } from "../../packages/testkit/src/worlds/seed-transport.js";
import { drain, silent } from "../../packages/testkit/src/worlds/world.js";
import { canary } from "../../packages/testkit/src/secrets/secrets.js";

/** An output that was in the middle of what waits: 300 ms of 1000 were heard. Counts asynchronously, as the worklet does. */
function player() {
  const media = new ScriptedMediaManager();
  const { speaker } = media;
  const interrupt = vi.spyOn(speaker, "interrupt").mockImplementation(async (): Promise<readonly PlayedItem[]> => {
    const cut = speaker.queue.splice(0);
    await drain();
    return cut.map(({ itemId }) => played(itemId, 300, 1_000));
  });
  return { media, speaker, interrupt };
}

const CUT = { trackId: "item_a", offset: 7_200, currentTime: 0.3 };

describe("userStartedSpeaking() of a subclass, in a callback", () => {
  async function start(callbacks: (transport: SeedTransport) => RTVIEventCallbacks) {
    const { media, speaker, interrupt } = player();
    const clock = new ManualClock();
    const transport = new SeedTransport({}, media, { clock, logger: silent, random: () => 0 });
    const results: Promise<unknown>[] = [];
    const cut = (): void => void results.push(transport.userStartedSpeaking());
    const client = new PipecatClient({ transport, enableMic: false, callbacks: callbacks(transport) });
    client.setLogLevel(LogLevel.NONE);
    const sound = (): void => transport.bufferBotAudio(new ArrayBuffer(48_000), "item_a");
    const leave = async (): Promise<void> => {
      await client.disconnect();
    };
    return { transport, client, clock, speaker, interrupt, results, cut, sound, leave };
  }

  it("onBotStartedSpeaking: silences at once, and says what was cut", async () => {
    const queued: number[] = [];
    const rig = await start(() => ({
      onBotStartedSpeaking: () => {
        rig.cut();
        queued.push(rig.speaker.queue.length);
      },
    }));
    await rig.client.connect();
    rig.sound();
    rig.transport.botStartedSpeaking();
    expect(queued, "silent when the call returns").toEqual([0]);
    expect(await Promise.all(rig.results)).toEqual([CUT]);
    expect(rig.interrupt).toHaveBeenCalledTimes(1);
    await rig.leave();
  });

  it.each(["ready", "connected"] as const)("onTransportStateChanged, %s: the same", async (when) => {
    const rig = await start((transport) => ({
      onTransportStateChanged: (state) => {
        if (state !== when) return;
        transport.bufferBotAudio(new ArrayBuffer(48_000), "item_a");
        rig.cut();
      },
    }));
    await rig.client.connect();
    expect(await Promise.all(rig.results)).toEqual([CUT]);
    expect(rig.interrupt).toHaveBeenCalledTimes(1);
    expect(rig.client.state).toBe("ready");
    await rig.leave();
  });

  it("onTransportStateChanged, when the connection is lost: what was lost with it is not cut", async () => {
    const rig = await start(() => ({
      onTransportStateChanged: (state) => {
        if (state === "connecting" && rig.transport.calls.includes("connectLLM")) rig.cut();
      },
    }));
    await rig.client.connect();
    rig.sound();
    rig.transport.botStartedSpeaking();
    rig.transport.loses(new ConnectionLostError("lost", { retryable: true }));
    await drain();
    expect(rig.speaker.queue).toEqual([]);
    rig.clock.advance(1);
    await drain();
    expect(rig.client.state).toBe("ready");
    expect(rig.interrupt, "silenced by the loss, and not again").toHaveBeenCalledTimes(1);
    expect(await Promise.all(rig.results)).toEqual([null]);
    await rig.leave();
  });

  it("onUserStartedSpeaking: cuts nothing twice", async () => {
    const rig = await start(() => ({
      onUserStartedSpeaking: () => {
        if (rig.results.length < 3) rig.cut();
      },
    }));
    await rig.client.connect();
    rig.sound();
    const first = rig.transport.userStartedSpeaking();
    // Each call is heard of in its turn, and calls again.
    expect(await Promise.all(rig.results)).toEqual([null, null, null]);
    expect(await first).toEqual(CUT);
    expect(rig.interrupt).toHaveBeenCalledTimes(1);
    await rig.leave();
  });
});

describe("interrupt() of an OpenAI transport, in a callback", () => {
  const audioEnd = { type: "conversation.item.truncate", item_id: "item_a", content_index: 0, audio_end_ms: 300 };
  const receive = (...events: object[]): void => {
    for (const event of events) FakeWebSocket.last.message(JSON.stringify(event));
  };
  const greet = (): void => {
    for (const type of ["session.created", "session.updated"]) receive({ type, session: { type: "realtime" } });
  };

  async function start(
    callbacks: (order: string[], transport: OpenAIRealTimeWebSocketTransport) => RTVIEventCallbacks,
  ) {
    const { media, speaker, interrupt } = player();
    const order: string[] = [];
    const transport = new OpenAIRealTimeWebSocketTransport({ api_key: canary() }, media, {
      WebSocket: FakeWebSocketConstructor,
      reconnect: { base: 1, cap: 1 },
      logger: silent,
    });
    const client = new PipecatClient({ transport, enableMic: false, callbacks: callbacks(order, transport) });
    client.setLogLevel(LogLevel.NONE);
    const connecting = client.connect();
    await vi.waitFor(() => expect(FakeWebSocket.all).toHaveLength(1));
    FakeWebSocket.last.open();
    await drain();
    greet();
    await connecting;
    const sent = (): Record<string, unknown>[] =>
      FakeWebSocket.last.sent
        .map((text) => JSON.parse(String(text)) as Record<string, unknown>)
        .filter(({ type }) => type === "response.cancel" || type === "conversation.item.truncate")
        .map(({ event_id: _id, ...event }) => event);
    const item = { ...played("item_a", 0, 1_000) };
    /** A bot that is heard: its player reports that, in a step of its chart. */
    const speak = (): void => {
      receive(server.created(), server.transcript("Once upon a time."), server.audio(1_000));
      speaker.report({ type: "began", item });
    };
    const leave = async (): Promise<void> => {
      const gone = client.disconnect();
      FakeWebSocket.last.drop(1000, "", true);
      await gone;
    };
    return { transport, client, speaker, interrupt, order, sent, speak, leave };
  }

  beforeEach(() => {
    FakeWebSocket.all.length = 0;
  });

  it("onBotStartedSpeaking: silences once, cancels once, and truncates by what was heard", async () => {
    const queued: number[] = [];
    const rig = await start((order) => ({
      onBotStartedSpeaking: () => {
        order.push("started");
        rig.transport.interrupt();
        queued.push(rig.speaker.queue.length);
      },
      onBotStoppedSpeaking: () => order.push("stopped"),
    }));
    rig.speak();
    expect(queued, "silent when the call returns").toEqual([0]);
    expect(rig.sent()).toEqual([{ type: "response.cancel", response_id: "resp_1" }]);
    await vi.waitFor(() => expect(rig.sent()).toHaveLength(2));
    expect(rig.sent()[1]).toEqual(audioEnd);
    expect(rig.order).toEqual(["started", "stopped"]);
    expect(rig.interrupt).toHaveBeenCalledTimes(1);
    await rig.leave();
  });

  it("onUserStartedSpeaking: the voice has done it, and nothing is done twice", async () => {
    const rig = await start((order) => ({
      onBotStartedSpeaking: () => order.push("bot started"),
      onBotStoppedSpeaking: () => order.push("bot stopped"),
      onUserStartedSpeaking: () => {
        order.push("user started");
        rig.transport.interrupt();
      },
    }));
    rig.speak();
    receive(server.started);
    await vi.waitFor(() => expect(rig.sent()).toContainEqual(audioEnd));
    await drain();
    expect(rig.sent().filter(({ type }) => type === "conversation.item.truncate")).toEqual([audioEnd]);
    expect(rig.sent().filter(({ type }) => type === "response.cancel").length).toBeLessThan(2);
    expect(rig.order).toEqual(["bot started", "user started", "bot stopped"]);
    expect(rig.interrupt).toHaveBeenCalledTimes(1);
    await rig.leave();
  });

  it("onTransportStateChanged: neither the connection that is lost nor the next is told to truncate", async () => {
    const rig = await start((order, transport) => ({
      onTransportStateChanged: (state) => {
        order.push(state);
        transport.interrupt();
      },
    }));
    rig.speak();
    const lost = FakeWebSocket.last;
    lost.drop(1006);
    expect(rig.order.at(-1)).toBe("connecting");
    expect(rig.speaker.queue).toEqual([]);
    await vi.waitFor(() => expect(FakeWebSocket.all).toHaveLength(2));
    FakeWebSocket.last.open();
    await drain();
    greet();
    await drain();
    expect(rig.client.state).toBe("ready");
    expect(rig.sent()).toEqual([]);
    expect(lost.sent.join()).not.toContain("truncate");
    await rig.leave();
  });
});
