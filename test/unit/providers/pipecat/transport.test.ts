import type { Recovery } from "../../../../src/contracts/continuity.js";
import { MessageTooLargeError, PipecatClient, RTVIMessage, UnsupportedFeatureError } from "@pipecat-ai/client-js";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { InvalidOptionsError, NotReadyError, ServiceError } from "../../../../src/errors.js";
import {
  TwilioSerializer,
  WebSocketTransport,
  type WebSocketSerializer,
} from "../../../../src/providers/pipecat/index.js";
import { ManualClock } from "../../../../src/testing/index.js";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../../../packages/testkit/src/scripted/fake-web-socket.js";
import { bot, build, connected, dialled, ready, samples, sentFrames, sentMessages, turn } from "./rig.js";

const audioSent = () => sentFrames().flatMap((frame) => (frame.$case === "audio" ? [frame.value] : []));

describe("the handshake", () => {
  it("sends client-ready, is ready when the bot says so, and hands bot-ready on after the state", async () => {
    const rig = await connected();
    const announced = rig.transport.sendReadyMessage();
    expect(sentMessages()).toMatchObject([{ label: "rtvi-ai", type: "client-ready", data: { version: "2.1.0" } }]);
    expect(rig.states).toEqual(["connecting", "connected"]);
    await rig.receive(
      bot.rtvi("bot-ready", { version: "2.1.0", about: { library: "pipecat-ai" } }, sentMessages()[0]!.id),
    );
    await announced;
    expect(rig.order.slice(-2)).toEqual(["ready", "bot-ready"]);
    expect(rig.told).toMatchObject([
      { type: "bot-ready", id: sentMessages()[0]!.id, data: { version: "2.1.0", about: { library: "pipecat-ai" } } },
    ]);
  });

  it("ends in a ready timeout when the bot never says so", async () => {
    const clock = new ManualClock();
    const rig = await connected({ clock, timeouts: { ready: 700 } });
    const announced = rig.transport.sendReadyMessage();
    clock.advance(700);
    await expect(announced).rejects.toMatchObject({ name: "ReadyTimeoutError", code: "ready-timeout" });
    expect(rig.states.at(-1)).toBe("error");
  });

  it.each([undefined, null, "ready", { version: 2 }])(
    "bears a bot-ready whose data is %j, which client-js does not",
    async (data) => {
      const rig = await connected();
      const announced = rig.transport.sendReadyMessage();
      await rig.receive(bot.rtvi("bot-ready", data));
      await announced;
      expect(rig.of("bot-ready")).toEqual([{}]);
    },
  );

  it("sends client-ready on every new connection until the bot has answered, once on each", async () => {
    const rig = await connected();
    const announced = rig.transport.sendReadyMessage();
    FakeWebSocket.last.drop(1006);
    (await dialled(2)).open();
    await turn();
    expect(sentMessages().map(({ type }) => type)).toEqual(["client-ready"]);
    await rig.receive(bot.rtvi("bot-ready", {}));
    await announced;
    FakeWebSocket.last.drop(1012);
    (await dialled(3)).open();
    await turn();
    expect(sentMessages().map(({ type }) => type)).toEqual(["client-ready"]);
    await rig.receive(bot.rtvi("bot-ready", {}));
    expect(rig.states).toEqual([
      "connecting",
      "connected",
      "connecting",
      "connected",
      "ready",
      "connecting",
      "connected",
      "ready",
    ]);
    expect(rig.of("bot-ready")).toHaveLength(2);
  });

  it("sends client-ready once on a connection, however often the client asks", async () => {
    const rig = await connected();
    const announced = [rig.transport.sendReadyMessage(), rig.transport.sendReadyMessage()];
    await rig.receive(bot.rtvi("bot-ready", {}));
    await Promise.all(announced);
    expect(sentMessages().map(({ type }) => type)).toEqual(["client-ready"]);
  });

  it("is ready at once where the serializer cannot say client-ready, and connect() of the client settles", async () => {
    const rig = await connected({ serializer: new TwilioSerializer() });
    await rig.transport.sendReadyMessage();
    expect(FakeWebSocket.last.sent).toEqual([]);
    expect(rig.states).toEqual(["connecting", "connected", "ready"]);
    expect(rig.told).toMatchObject([{ type: "bot-ready", data: { version: "2.1.0" } }]);
  });
});

describe("a bot that was known before the connection was lost", () => {
  const resumed = { version: "2.1.0", resumed: true };

  it("is not announced again when it says that it goes on", async () => {
    const recoveries: Recovery[] = [];
    let asked = 0;
    const token = () => `t${(asked += 1)}`;
    const rig = await ready({ onRecovered: (recovery) => void recoveries.push(recovery), token });
    const { url } = FakeWebSocket.last;
    FakeWebSocket.last.drop(1006);
    (await dialled(2)).open();
    await turn();
    expect(sentMessages()).toMatchObject([{ type: "client-ready" }]);
    await rig.receive(bot.rtvi("bot-ready", resumed));
    expect(rig.transport.state).toBe("ready");
    expect(rig.of("bot-ready")).toHaveLength(1);
    expect(recoveries).toMatchObject([{ continuity: "resumed" }]);
    expect([url, FakeWebSocket.last.url].map((each) => new URL(each).pathname)).toEqual(["/ws", "/ws"]);
    expect(FakeWebSocket.last.url).not.toBe(url);
  });

  it.each([
    ["says nothing of it", { version: "2.1.0" }],
    ["says something else", { version: "2.1.0", resumed: "yes" }],
  ])("is a new one when it %s", async (_what, data) => {
    const recoveries: Recovery[] = [];
    const rig = await ready({ onRecovered: (recovery) => void recoveries.push(recovery) });
    FakeWebSocket.last.drop(1006);
    (await dialled(2)).open();
    await turn();
    await rig.receive(bot.rtvi("bot-ready", data));
    expect(rig.of("bot-ready")).toHaveLength(2);
    expect(recoveries).toMatchObject([{ continuity: "fresh" }]);
  });

  it("cannot be known to an app that has seen none", async () => {
    const rig = await connected();
    const announced = rig.transport.sendReadyMessage();
    await rig.receive(bot.rtvi("bot-ready", resumed));
    await announced;
    expect(rig.of("bot-ready")).toEqual([resumed]);
  });
});

describe("microphone audio", () => {
  it("is kept until ready, and sent at the recorder's rate, in order", async () => {
    const rig = await connected({ recorderSampleRate: 16_000 });
    rig.manager.say(samples(512, 1).buffer as ArrayBuffer);
    rig.manager.say(samples(512, 2).buffer as ArrayBuffer);
    expect(sentFrames()).toEqual([]);
    const announced = rig.transport.sendReadyMessage();
    await rig.receive(bot.rtvi("bot-ready", {}));
    await announced;
    rig.manager.say(samples(512, 3).buffer as ArrayBuffer);
    expect(
      audioSent().map(({ audio, sampleRate, numChannels }) => [audio[0], audio.length, sampleRate, numChannels]),
    ).toEqual([
      [1, 1024, 16_000, 1],
      [2, 1024, 16_000, 1],
      [3, 1024, 16_000, 1],
    ]);
  });

  it("that waits for ready is bounded by preRoll, in ms at the recorder's rate", async () => {
    const manager = Object.assign(build().manager, { inputSampleRate: 16_000 });
    const rig = await connected({ mediaManager: manager, preRoll: 100 });
    for (let chunk = 1; chunk <= 10; chunk += 1) manager.say(samples(320, chunk).buffer as ArrayBuffer);
    const announced = rig.transport.sendReadyMessage();
    await rig.receive(bot.rtvi("bot-ready", {}));
    await announced;
    // 100 ms are five chunks of 20 ms at 16 kHz: the newest.
    expect(audioSent().map(({ audio }) => audio[0])).toEqual([6, 7, 8, 9, 10]);
  });

  it("of the app's own is not sent before the bot is ready", async () => {
    const rig = await connected();
    rig.transport.handleUserAudioStream(samples(512).buffer as ArrayBuffer);
    expect(audioSent()).toEqual([]);
    const announced = rig.transport.sendReadyMessage();
    await rig.receive(bot.rtvi("bot-ready", {}));
    await announced;
    rig.transport.handleUserAudioStream(samples(512).buffer as ArrayBuffer);
    expect(audioSent()).toHaveLength(1);
  });

  it("of one session never reaches the next", async () => {
    const rig = await connected();
    rig.manager.say(samples(512, 7).buffer as ArrayBuffer);
    await rig.transport.disconnect();
    rig.manager.say(samples(512, 8).buffer as ArrayBuffer);
    const again = rig.transport.connect();
    (await dialled(2)).open();
    await again;
    const announced = rig.transport.sendReadyMessage();
    await rig.receive(bot.rtvi("bot-ready", {}));
    await announced;
    await turn();
    expect(audioSent()).toEqual([]);
  });

  it("is dropped, with one warning, while the network is far behind", async () => {
    const rig = await ready();
    FakeWebSocket.last.bufferedAmount = 1_000_000;
    rig.transport.handleUserAudioStream(samples(512).buffer as ArrayBuffer);
    rig.transport.handleUserAudioStream(samples(512).buffer as ArrayBuffer);
    expect(audioSent()).toEqual([]);
    expect(rig.logged.filter(([line]) => String(line).includes("too slow"))).toHaveLength(1);
    FakeWebSocket.last.bufferedAmount = 0;
    rig.transport.handleUserAudioStream(samples(512).buffer as ArrayBuffer);
    expect(audioSent()).toHaveLength(1);
  });
});

describe("what the app sends", () => {
  it("goes out as message frames: RTVI, and raw what `serialize` makes of it", async () => {
    const rig = await ready();
    rig.transport.sendMessage(new RTVIMessage("send-text", { content: "hi" }, "id1"));
    rig.transport.sendRawMessage({ own: true });
    expect(sentMessages().slice(1)).toEqual([
      { id: "id1", label: "rtvi-ai", type: "send-text", data: { content: "hi" } },
      { own: true },
    ]);
  });

  it("is refused with NotReadyError without an open connection", async () => {
    const rig = build();
    const message = new RTVIMessage("send-text", {});
    expect(() => rig.transport.sendMessage(message)).toThrow(NotReadyError);
    expect(() => rig.transport.sendRawMessage({})).toThrow(NotReadyError);
    const other = await ready();
    FakeWebSocket.last.readyState = 2;
    expect(() => other.transport.sendRawMessage({})).toThrow(NotReadyError);
    expect(() => other.transport.handleUserAudioStream(new ArrayBuffer(2))).not.toThrow();
  });

  it("waits for the next connection while this one closes", async () => {
    const rig = await ready();
    FakeWebSocket.last.readyState = 2;
    rig.transport.sendMessage(new RTVIMessage("send-text", {}, "id1"));
    FakeWebSocket.last.drop(1006);
    (await dialled(2)).open();
    await turn();
    await rig.receive(bot.rtvi("bot-ready", {}));
    expect(
      sentMessages()
        .map(({ id }) => id)
        .slice(1),
    ).toEqual(["id1"]);
    expect(rig.messageErrors).toEqual([]);
  });

  it("is refused before it is sent when the frame is larger than 1 MiB", async () => {
    const rig = await ready();
    expect(rig.transport.maxMessageSize).toBe(1024 * 1024);
    const empty = JSON.stringify(new RTVIMessage("send-text", "", "12345678")).length;
    // Tag and length take four bytes each, for the frame and for its text.
    const fits = new RTVIMessage("send-text", "x".repeat(1024 * 1024 - empty - 8), "12345678");
    const exceeds = new RTVIMessage("send-text", "x".repeat(1024 * 1024 - empty - 7), "12345678");
    rig.transport.sendMessage(fits);
    expect((FakeWebSocket.last.sent.at(-1) as Uint8Array).length).toBe(1024 * 1024);
    expect(() => rig.transport.sendMessage(exceeds)).toThrow(MessageTooLargeError);
    expect(() => rig.transport.sendRawMessage(new Uint8Array(1024 * 1024 + 1))).toThrow(MessageTooLargeError);
    expect(sentFrames()).toHaveLength(2);
  });

  it("counts text in bytes, not in characters", async () => {
    const serializer = Object.assign(new TwilioSerializer(), { serialize: (data: unknown) => String(data) });
    const rig = await connected({ serializer });
    await rig.transport.sendReadyMessage();
    rig.transport.sendRawMessage("x".repeat(1024 * 1024));
    expect(() => rig.transport.sendRawMessage("é".repeat(600_000))).toThrow(MessageTooLargeError);
    expect(FakeWebSocket.last.sent).toHaveLength(1);
  });

  it("is refused by name when the serializer has no way to say it", async () => {
    const rig = await connected({ serializer: new TwilioSerializer() });
    await rig.transport.sendReadyMessage();
    expect(() => rig.transport.sendMessage(new RTVIMessage("send-text", {}))).toThrow(UnsupportedFeatureError);
    rig.transport.sendMessage(new RTVIMessage("client-message", { t: "x" }, "req1"));
    expect(rig.messageErrors).toMatchObject([{ data: { msgType: "send-text" } }, { id: "req1" }]);
    rig.transport.sendMessage(RTVIMessage.disconnectBot());
    rig.transport.sendRawMessage({ event: "start" });
    expect(FakeWebSocket.last.sent).toEqual(['{"event":"start"}']);
  });

  it("is refused when the serializer throws, or gives what no socket takes", async () => {
    const rig = await ready();
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    expect(() => rig.transport.sendRawMessage(circular)).toThrow(InvalidOptionsError);
    const odd = await connected({
      serializer: Object.assign(new TwilioSerializer(), { serialize: (data: unknown) => data }),
    });
    expect(() => odd.transport.sendRawMessage(7)).toThrow(InvalidOptionsError);
    odd.transport.sendRawMessage(new Blob(["x"]));
    odd.transport.sendRawMessage(new ArrayBuffer(3));
    odd.transport.sendRawMessage(null);
    expect(FakeWebSocket.last.sent).toHaveLength(2);
  });
});

describe("what the bot says", () => {
  it("reaches the client as it is: events without data, answers with their id, types to come", async () => {
    const rig = await ready();
    rig.told.length = 0;
    const transcript = { text: "hi", final: true, timestamp: "t", user_id: "u" };
    await rig.receive(
      bot.rtvi("user-started-speaking"),
      bot.rtvi("user-transcription", transcript),
      bot.rtvi("bot-started-speaking"),
      bot.rtvi("server-response", { t: "x", d: 1 }, "req1"),
      bot.rtvi("of-a-later-version", { a: 1 }),
    );
    expect(rig.types()).toEqual([
      "user-started-speaking",
      "user-transcription",
      "bot-started-speaking",
      "server-response",
      "of-a-later-version",
    ]);
    expect(rig.told[1]!.data).toEqual(transcript);
    expect(rig.told[3]!.id).toBe("req1");
    expect(rig.errors).toEqual([]);
  });

  it("is taken quietly where client-js has no name for it", async () => {
    const rig = await ready();
    const warned = rig.logged.length;
    await rig.receive(
      bot.rtvi("bot-interrupted"),
      bot.rtvi("vad-user-started-speaking"),
      bot.rtvi("vad-user-stopped-speaking"),
      bot.rtvi("bot-tts-audio", { audio: "AAAA", sample_rate: 24_000, num_channels: 1 }),
      bot.rtvi("user-audio-level", { value: 0.5 }),
      bot.rtvi("system-log", { text: "log" }),
    );
    expect(rig.errors).toEqual([]);
    expect(rig.logged.length).toBe(warned);
    // It comes as an audio frame too: played twice it would be an echo.
    expect(rig.speaker.heard).toEqual([]);
  });

  it("is ignored under another label, or without one", async () => {
    const rig = await ready();
    rig.told.length = 0;
    await rig.receive(
      bot.message({ label: "other", type: "metrics", data: {} }),
      bot.message({ type: "metrics", data: {} }),
    );
    expect([rig.told, rig.errors]).toEqual([[], []]);
  });

  it.each<[string, unknown]>([
    ["without a type", { label: "rtvi-ai", data: {} }],
    ["with a type that is a number", { label: "rtvi-ai", type: 7, data: {} }],
    ["that is null", "null"],
    ["that is a list", "[1]"],
    ["that is a text", '"text"'],
    ["that is a number", "7"],
  ])("is reported once %s, and the session goes on", async (_what, message) => {
    const rig = await ready();
    rig.told.length = 0;
    await rig.receive(bot.message(message), bot.message(message));
    expect(rig.told).toEqual([]);
    const error = expect.stringContaining("not one of RTVI's") as string;
    expect(rig.errors).toMatchObject([{ data: { code: "protocol-error", error, fatal: false } }]);
    expect(rig.transport.state).toBe("ready");
  });

  it.each([
    ["Python's error", { error: "no key", fatal: false }, "no key"],
    ["client-js's error", { message: "no key", fatal: false }, "no key"],
    ["a bare text", "no key", "no key"],
    ["nothing", undefined, "The bot reported an error without saying which."],
  ])("reads %s", async (_name, data, text) => {
    const rig = await ready();
    await rig.receive(bot.rtvi("error", data));
    expect(rig.errors).toMatchObject([{ type: "error", data: { error: text, message: text, fatal: false } }]);
    expect(rig.logged.filter(([line]) => line === `error: ${text}`)).toHaveLength(1);
    expect(rig.transport.state).toBe("ready");
  });

  it("ends the session when it is a fatal error, in its words", async () => {
    const rig = await ready();
    await rig.receive(bot.rtvi("error", { error: "LLM is gone", fatal: true }));
    expect(rig.states.at(-1)).toBe("error");
    expect(rig.errors).toMatchObject([{ data: { error: "LLM is gone", fatal: true, code: "service-error" } }]);
    const again = await connected();
    const announced = again.transport.sendReadyMessage();
    void again.receive(bot.rtvi("error", { message: "no pipeline", fatal: true }));
    await expect(announced).rejects.toThrow(ServiceError);
    await expect(announced).rejects.toThrow("no pipeline");
  });

  it("ends with a fatal error: what came right behind it is not delivered", async () => {
    const rig = await ready();
    await rig.receive(bot.rtvi("error", { error: "gone", fatal: true }), bot.rtvi("metrics", {}), "garbage");
    expect(rig.types()).not.toContain("metrics");
    expect(rig.errors).toHaveLength(1);
  });

  it("survives what cannot be read, tells of each kind once, and goes on", async () => {
    const rig = await ready();
    rig.told.length = 0;
    for (let round = 0; round < 50; round += 1) {
      await rig.receive(
        Uint8Array.of(0x32, 0x02, 0x08, 0x01).buffer,
        "garbage",
        bot.message("{"),
        bot.audio(new Uint8Array(3)),
      );
    }
    expect(rig.errors).toHaveLength(3);
    expect(rig.errors.every(({ data }) => (data as { code: string }).code === "protocol-error")).toBe(true);
    await rig.receive(JSON.stringify({ label: "rtvi-ai", type: "metrics", data: {} }));
    expect(rig.types()).toEqual(["metrics"]);
    expect(rig.speaker.heard).toEqual([]);
    FakeWebSocket.last.drop(1006);
    expect(rig.logged.map(([line]) => line)).toContain(
      "The server gave cause for 197 more errors like those that were told.",
    );
  });

  it("sheds a flood, says so once, and is there when it is over", async () => {
    let later = 0;
    const start = performance.now();
    const clock = vi.spyOn(performance, "now").mockImplementation(() => start + later);
    onTestFinished(() => clock.mockRestore());
    const rig = await ready();
    await rig.receive(...Array.from({ length: 60_000 }, () => bot.rtvi("metrics", {})));
    expect(rig.of("metrics").length).toBeGreaterThan(4_000);
    expect(rig.of("metrics").length).toBeLessThanOrEqual(5_000);
    expect(rig.errors).toMatchObject([{ data: { code: "protocol-error", fatal: false } }]);
    expect(rig.transport.state).toBe("ready");
    later += 5_000;
    await rig.receive(bot.rtvi("bot-tts-text", { text: "still here" }));
    expect(rig.of("bot-tts-text")).toEqual([{ text: "still here" }]);
  });

  it.each(["llm-function-call", "llm-function-call-in-progress"])(
    "hands the client a %s of which nothing is said in a way that it can bear",
    async (type) => {
      const rig = await ready();
      const empty = [undefined, null, 7, "f", []];
      for (const data of empty) await rig.receive(bot.rtvi(type, data));
      expect(rig.of(type)).toEqual(empty.map(() => ({})));
    },
  );

  it("does not read a message that is too long", async () => {
    const rig = await ready();
    await rig.receive(
      bot.rtvi("metrics", { x: "y".repeat(17 * 1024 * 1024) }),
      bot.rtvi("bot-tts-text", { text: "hi" }),
    );
    expect(rig.of("metrics")).toEqual([]);
    expect(rig.of("bot-tts-text")).toEqual([{ text: "hi" }]);
    expect(rig.errors).toMatchObject([{ data: { code: "protocol-error", fatal: false } }]);
  });

  it.each([
    ["a frame", (json: string) => bot.message(json)],
    ["a text", (json: string) => json],
  ])("gets no prototype out of %s", async (_what, pack) => {
    const rig = await ready();
    const data = '{"tool_call_id":"c","arguments":{"__proto__":{"admin":true},"a":1}}';
    await rig.receive(pack(`{"label":"rtvi-ai","type":"llm-function-call-in-progress","data":${data}}`));
    expect(JSON.stringify(rig.of("llm-function-call-in-progress"))).toBe('[{"tool_call_id":"c","arguments":{"a":1}}]');
  });
});

describe("a serializer of the app's own", () => {
  const own = (deserialize: WebSocketSerializer["deserialize"]): WebSocketSerializer => ({
    serialize: (data) => JSON.stringify(data),
    serializeAudio: (data) => data,
    serializeMessage: (message) => JSON.stringify(message),
    deserialize,
  });

  it("gets bytes as a Blob, as from Pipecat's transport, and text as text", async () => {
    const seen: unknown[] = [];
    const rig = await connected({
      serializer: own((data) => {
        seen.push(data);
        return Promise.resolve({ type: "raw", message: seen.length });
      }),
    });
    await rig.receive(Uint8Array.of(1).buffer, "text");
    await vi.waitFor(() => {
      expect(rig.of("server-message")).toEqual([
        { t: "raw", d: 1 },
        { t: "raw", d: 2 },
      ]);
    });
    expect(seen[0]).toBeInstanceOf(Blob);
    expect(seen[1]).toBe("text");
  });

  it("may take as long as it likes for each message: the order stays", async () => {
    const rig = await connected({
      serializer: own(async (data) => {
        const ms = Number(data);
        await new Promise((resolve) => setTimeout(resolve, ms));
        return { type: "raw", message: ms };
      }),
    });
    await rig.receive("15", "1", "5");
    await vi.waitFor(() => {
      expect(rig.of("server-message").map((data) => (data as { d: number }).d)).toEqual([15, 1, 5]);
    });
  });

  it("is told of every new connection", async () => {
    const reset = vi.fn();
    await connected({ serializer: { ...own(() => Promise.resolve({ type: "raw", message: 1 })), reset } });
    expect(reset).toHaveBeenCalledTimes(1);
    FakeWebSocket.last.drop(1006);
    (await dialled(2)).open();
    await turn();
    expect(reset).toHaveBeenCalledTimes(2);
  });

  it("that cannot be told of a new connection ends the session with its reason", async () => {
    const reset = (): never => {
      throw new Error("no reset");
    };
    const rig = build({ serializer: { ...own(() => Promise.resolve({ type: "raw", message: 1 })), reset } });
    const connecting = rig.transport.connect();
    (await dialled()).open();
    await expect(connecting).rejects.toThrow("no reset");
    expect(rig.states.at(-1)).toBe("error");
    expect(rig.errors).toMatchObject([{ data: { fatal: true } }]);
  });

  it("that never answers ends the session instead of filling memory", async () => {
    let later = 0;
    const start = performance.now();
    const clock = vi.spyOn(performance, "now").mockImplementation(() => start + later);
    onTestFinished(() => clock.mockRestore());
    const rig = await connected({ serializer: own(() => new Promise(() => undefined)) });
    for (; later < 10_000; later += 1) {
      for (let count = 0; count < 2; count += 1) FakeWebSocket.last.message("x");
    }
    await turn();
    expect(rig.states.at(-1)).toBe("error");
    expect(rig.errors).toMatchObject([{ data: { code: "protocol-error", fatal: true } }]);
  });

  it("whose answer comes after the session is over speaks to nobody", async () => {
    let answer: (decoded: { type: "raw"; message: unknown }) => void = () => undefined;
    const rig = await connected({ serializer: own(() => new Promise((resolve) => (answer = resolve))) });
    await rig.receive("x");
    await rig.transport.disconnect();
    answer({ type: "raw", message: 1 });
    await turn();
    expect(rig.told).toEqual([]);
  });

  it("reads nothing more of a connection that is over", async () => {
    let answer: (decoded: { type: "raw"; message: unknown }) => void = () => undefined;
    const read: unknown[] = [];
    const rig = await connected({
      serializer: own((data) => {
        read.push(data);
        return new Promise((resolve) => (answer = resolve));
      }),
    });
    await rig.receive("first", "second");
    await rig.transport.disconnect();
    answer({ type: "raw", message: 1 });
    await turn();
    expect(read).toEqual(["first"]);
  });

  it.each([undefined, null, 7, {}, { type: "audio" }, { type: "audio", audio: new Uint8Array(4) }, { type: "other" }])(
    "that gives %j is reported, and the session goes on",
    async (decoded) => {
      const rig = await connected({ serializer: own(() => Promise.resolve(decoded as never)) });
      await rig.receive("x", "x");
      const error = expect.stringContaining("must give") as string;
      expect(rig.errors).toMatchObject([{ data: { code: "protocol-error", error, fatal: false } }]);
      expect(rig.transport.state).toBe("connected");
      expect(rig.speaker.heard).toEqual([]);
    },
  );

  it("whose audio cannot be sent for another reason each time is reported so often, and no more", async () => {
    const rig = await ready();
    let chunks = 0;
    FakeWebSocket.last.send = () => {
      chunks += 1;
      throw new Error(`chunk ${chunks}`);
    };
    for (let chunk = 0; chunk < 100; chunk += 1) rig.manager.say(new ArrayBuffer(640));
    expect(chunks).toBe(100);
    expect(rig.errors).toHaveLength(16);
  });

  it("whose audio cannot be serialized is reported once", async () => {
    const serializer = { ...own(() => Promise.reject(new Error("x"))), serializeMessage: () => null };
    serializer.serializeAudio = () => {
      throw new Error("no encoder");
    };
    const rig = await connected({ serializer });
    await rig.transport.sendReadyMessage();
    rig.manager.say(samples(512).buffer as ArrayBuffer);
    rig.manager.say(samples(512).buffer as ArrayBuffer);
    expect(rig.errors).toMatchObject([{ data: { code: "invalid-options", fatal: false } }]);
    expect(rig.transport.state).toBe("ready");
  });
});

describe("disconnectBot()", () => {
  it("makes the server's close an orderly end, in that session only", async () => {
    const rig = await ready();
    rig.transport.sendMessage(RTVIMessage.disconnectBot());
    FakeWebSocket.last.drop(1006);
    await vi.waitFor(() => {
      expect(rig.states.slice(-2)).toEqual(["disconnecting", "disconnected"]);
    });
    const again = rig.transport.connect();
    (await dialled(2)).open();
    await again;
    FakeWebSocket.last.drop(1006);
    await dialled(3);
    expect(rig.states.at(-1)).toBe("connecting");
  });

  it("is not taken back by another message that the connection refuses", async () => {
    const rig = await ready();
    rig.transport.sendMessage(RTVIMessage.disconnectBot());
    FakeWebSocket.last.send = () => {
      throw new Error("no");
    };
    expect(() => rig.transport.sendMessage(new RTVIMessage("send-text", { content: "bye" }))).toThrow("no");
    FakeWebSocket.last.drop(1006);
    await vi.waitFor(() => {
      expect(rig.states.slice(-2)).toEqual(["disconnecting", "disconnected"]);
    });
  });
});

/** A client of a bot that is ready. */
async function clientReady() {
  const { transport } = build();
  vi.stubGlobal("window", { navigator: {} });
  onTestFinished(() => {
    vi.unstubAllGlobals();
  });
  const messageErrors: RTVIMessage[] = [];
  const client = new PipecatClient({
    transport,
    callbacks: { onMessageError: (message) => void messageErrors.push(message) },
  });
  const connecting = client.connect();
  (await dialled()).open();
  await vi.waitFor(() => {
    expect(sentMessages()).toHaveLength(1);
  });
  FakeWebSocket.last.message(bot.rtvi("bot-ready", { version: "2.1.0" }));
  await connecting;
  return { client, messageErrors };
}

describe("with a client", () => {
  it("connects, and disconnectBot() ends the session without an error when the server closes", async () => {
    FakeWebSocket.all.length = 0;
    const { manager } = build();
    const transport = new WebSocketTransport(
      {
        wsUrl: "ws://bot.test/ws",
      },
      manager,
      { WebSocket: FakeWebSocketConstructor },
    );
    vi.stubGlobal("window", { navigator: {} });
    const errors: unknown[] = [];
    const states: string[] = [];
    const client = new PipecatClient({
      transport,
      callbacks: { onError: (error) => errors.push(error), onTransportStateChanged: (state) => states.push(state) },
    });
    const connecting = client.connect();
    (await dialled()).open();
    await vi.waitFor(() => {
      expect(sentMessages().map(({ type }) => type)).toEqual(["client-ready"]);
    });
    FakeWebSocket.last.message(bot.rtvi("bot-ready", { version: "2.1.0" }));
    expect(await connecting).toEqual({ version: "2.1.0" });
    client.disconnectBot();
    expect(sentMessages().at(-1)).toMatchObject({ type: "disconnect-bot", data: {} });
    FakeWebSocket.last.drop(1000, "", true);
    await vi.waitFor(() => {
      expect(states.at(-1)).toBe("disconnected");
    });
    expect(states.slice(-2)).toEqual(["disconnecting", "disconnected"]);
    expect(errors).toEqual([]);
    vi.unstubAllGlobals();
  });

  it("rejects a request at once when the connection is lost before it was confirmed", async () => {
    const { transport } = build();
    vi.stubGlobal("window", { navigator: {} });
    onTestFinished(() => {
      vi.unstubAllGlobals();
    });
    const client = new PipecatClient({ transport });
    const connecting = client.connect();
    (await dialled()).open();
    await vi.waitFor(() => {
      expect(sentMessages()).toHaveLength(1);
    });
    FakeWebSocket.last.message(bot.rtvi("bot-ready", { version: "2.1.0" }));
    await connecting;
    const asked = client.sendClientRequest("order", { item: "tea" });
    FakeWebSocket.last.drop(1006);
    await expect(asked).rejects.toMatchObject({
      data: { error: expect.stringContaining("may have arrived") as string },
    });
  });

  it.each<[string, string, (client: PipecatClient) => unknown]>([
    ["the app disconnects", "may have arrived", (client) => client.disconnect()],
    [
      "the app has sent the bot away, and it goes",
      "may have arrived",
      (client) => {
        client.disconnectBot();
        FakeWebSocket.last.drop(1000, "", true);
      },
    ],
  ])("rejects a request that was not confirmed when %s", async (_what, error, leave) => {
    const { client } = await clientReady();
    const asked = client.sendClientRequest("order", { item: "tea" });
    void leave(client);
    await expect(asked).rejects.toMatchObject({ data: { error: expect.stringContaining(error) as string } });
  });

  it("rejects a request that waits for a connection when the app disconnects", async () => {
    const { client } = await clientReady();
    FakeWebSocket.last.readyState = 2;
    const asked = client.sendClientRequest("order", { item: "tea" });
    void client.disconnect();
    await expect(asked).rejects.toMatchObject({ data: { error: expect.stringContaining("not sent") as string } });
  });

  it("rejects no message that needs no answer when the app disconnects", async () => {
    const { client, messageErrors } = await clientReady();
    await client.sendText("bye");
    await client.disconnect();
    expect(messageErrors).toEqual([]);
  });
});
