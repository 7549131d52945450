import { inspect } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { AuthenticationError, InvalidOptionsError, UnsupportedEnvironmentError } from "../../../../src/errors.js";
import { WebAudioMediaManager } from "../../../../src/media/web-audio-media-manager.js";
import {
  WebSocketTransport,
  type WebSocketTransportConstructorOptions,
} from "../../../../src/providers/pipecat/index.js";
import type { TransportOptions } from "../../../../src/options.js";
import { managerOf } from "../../../../src/providers/pipecat/options.js";
import { foreignManager } from "../../../../packages/testkit/src/worlds/foreign-manager.js";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../../../packages/testkit/src/scripted/fake-web-socket.js";
import { bot, build, connected, dialled, ready, samples, sentFrames } from "./rig.js";
import { canary } from "../../../../packages/testkit/src/secrets/secrets.js";

const audioSent = () => sentFrames().flatMap((frame) => (frame.$case === "audio" ? [frame.value] : []));
const urls = () => FakeWebSocket.all.map(({ url }) => String(url));

/** The name that `wsUrl` had. */
const OLD = { ws_url: "ws://a.test/x" };

describe("the address", () => {
  it.each<[string, WebSocketTransportConstructorOptions, unknown, string]>([
    ["wsUrl of the constructor", { wsUrl: "ws://a.test/x" }, undefined, "ws://a.test/x"],
    ["ws_url of the constructor", { wsUrl: undefined as never, ...OLD }, undefined, "ws://a.test/x"],
    ["wsUrl before ws_url", { wsUrl: "ws://a.test/", ...OLD }, undefined, "ws://a.test/"],
    [
      "wsUrl of connect() before the constructor's",
      { wsUrl: "ws://a.test/" },
      { wsUrl: "ws://b.test/" },
      "ws://b.test/",
    ],
    ["ws_url of connect()", {}, { ws_url: "ws://b.test/" }, "ws://b.test/"],
    ["a function", { wsUrl: () => Promise.resolve("ws://c.test/") }, undefined, "ws://c.test/"],
    ["http and https", { wsUrl: "https://a.test/x#part" }, undefined, "wss://a.test/x"],
    ["token of the constructor", { token: "t1" }, undefined, "ws://bot.test/ws?token=t1"],
    ["token of connect() before it", { token: "t1" }, { token: "t2" }, "ws://bot.test/ws?token=t2"],
    ["a token with special characters", { token: "a+b/c=&d" }, undefined, "ws://bot.test/ws?token=a%2Bb%2Fc%3D%26d"],
    ["other parameters of the URL", { wsUrl: "ws://a.test/?x=1", token: "t" }, undefined, "ws://a.test/?x=1&token=t"],
    [
      "a token that the URL has already",
      { wsUrl: "ws://a.test/?token=old", token: "t" },
      undefined,
      "ws://a.test/?token=t",
    ],
    ["an empty token", { token: "" }, undefined, "ws://bot.test/ws"],
    ["no token from a function", { token: () => null }, undefined, "ws://bot.test/ws"],
    [
      "what a bot runner answers",
      {},
      { wsUrl: "ws://localhost:7860/ws-client", sessionId: "s", token: null },
      "ws://localhost:7860/ws-client",
    ],
  ])("takes %s", async (_name, options, params, url) => {
    await connected(options, params);
    expect(urls()).toEqual([url]);
  });

  it("is resolved against the page where it is relative", async () => {
    vi.stubGlobal("location", { href: "https://page.test/app/" });
    await connected({ wsUrl: "/ws-client" });
    expect(urls()).toEqual(["wss://page.test/ws-client"]);
    vi.unstubAllGlobals();
  });

  it("asks its functions on every attempt, and never adds one token to another", async () => {
    const asked: number[] = [];
    const token = ({ attempt, signal }: { attempt: number; signal: AbortSignal }) => {
      expect(signal.aborted).toBe(false);
      asked.push(attempt);
      return `t${attempt}`;
    };
    const rig = await ready({ token });
    FakeWebSocket.last.drop(1006);
    (await dialled(2)).open();
    await rig.transport.disconnect();
    const again = rig.transport.connect();
    (await dialled(3)).open();
    await again;
    expect(asked).toEqual([1, 2, 1]);
    expect(urls()).toEqual(["ws://bot.test/ws?token=t1", "ws://bot.test/ws?token=t2", "ws://bot.test/ws?token=t1"]);
  });

  it("of one session is not the next one's", async () => {
    const rig = await ready({}, { wsUrl: "ws://b.test/", token: "used_once" });
    FakeWebSocket.last.drop(1006);
    (await dialled(2)).open();
    await rig.transport.disconnect();
    expect(urls()).toEqual(["ws://b.test/?token=used_once", "ws://b.test/?token=used_once"]);
    // The sockets themselves hang on the constructor that the transport was given.
    FakeWebSocket.all.length = 0;
    expect(inspect(rig.transport, { depth: Infinity })).not.toContain("used_once");
    const again = rig.transport.connect();
    (await dialled()).open();
    await again;
    expect(urls()).toEqual(["ws://bot.test/ws"]);
    const { transport } = rig;
    expect(JSON.stringify(transport.actor.getSnapshot().context)).not.toContain("used_once");
    expect(Object.values(transport).some((value) => String(value).includes("used_once"))).toBe(false);
  });

  it.each<[string, WebSocketTransportConstructorOptions]>([
    ["missing", { wsUrl: undefined as never }],
    ["empty", { wsUrl: " " }],
    ["no URL", { wsUrl: "://secret" }],
    ["of another scheme", { wsUrl: "ftp://secret.test" }],
    ["no string from its function", { wsUrl: () => 7 as never }],
  ])("that is %s fails connect() with an error that names it and does not quote it", async (_name, options) => {
    const rig = build(options);
    const error = await rig.transport.connect().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect(String(error)).toMatch(/wsUrl/);
    expect(String(error)).not.toMatch(/secret/);
    expect(rig.states).toEqual(["connecting", "error"]);
    expect(urls()).toEqual([]);
  });

  it("whose function fails is tried again, and tells why in the end", async () => {
    const token = vi.fn(() => Promise.reject(new Error("token server is down")));
    const rig = build({ token, reconnect: { initial: true, attempts: 2, base: 1, cap: 1 } });
    await expect(rig.transport.connect()).rejects.toMatchObject({
      code: "connection-failed",
      cause: { message: "token server is down" },
    });
    expect(token).toHaveBeenCalledTimes(3);
  });

  const WS = "ws://bot.test/ws";
  const down = { error: { message: canary() } };

  it.each<[string, string, unknown]>([
    ["wsUrl", "nothing", undefined],
    ["wsUrl", "nothing much", " "],
    ["wsUrl", "an error", down],
    ["wsUrl", "a page", `<p>${down.error.message}</p>`],
    ["token", "an error", down],
  ])("whose function %s answers a redial with %s comes with the next", async (name, _what, wrong) => {
    const ask = vi.fn(({ attempt }: { attempt: number }) => (attempt === 2 ? wrong : WS) as string);
    const rig = await ready({ [name]: ask });
    FakeWebSocket.last.drop(1006);
    (await dialled(2)).open();
    await rig.receive(bot.rtvi("bot-ready", {}));
    expect(rig.transport.state).toBe("ready");
    expect(ask).toHaveBeenCalledTimes(3);
    expect(rig.errors).toMatchObject([{ data: { code: "connection-lost", fatal: false } }]);
  });

  it.each(["wsUrl", "token"])("whose function %s never answers rightly again is named, not quoted", async (name) => {
    const ask = vi.fn(({ attempt }: { attempt: number }) => (attempt === 1 ? WS : down) as string);
    const rig = await ready({ [name]: ask });
    FakeWebSocket.last.drop(1006);
    await vi.waitFor(
      () => {
        expect(rig.transport.state).toBe("error");
      },
      { timeout: 4_000 },
    );
    expect(ask).toHaveBeenCalledTimes(51);
    expect(rig.errors.at(-1)?.data).toMatchObject({ code: "connection-failed", fatal: true });
    expect(JSON.stringify(rig.errors.at(-1))).toContain(`\`${name}\``);
    expect(JSON.stringify([rig.errors, rig.logged])).not.toContain(down.error.message);
  });

  it("comes with the next answer of connectionParams when the last was of no use", async () => {
    const connectionParams = vi.fn(({ attempt }: { attempt: number }) => ({ wsUrl: attempt === 2 ? "https://" : WS }));
    const rig = await ready({ connectionParams });
    FakeWebSocket.last.drop(1006);
    (await dialled(2)).open();
    await rig.receive(bot.rtvi("bot-ready", {}));
    expect(rig.transport.state).toBe("ready");
    expect(connectionParams).toHaveBeenCalledTimes(2);
  });

  it.each(["wsUrl", "token"])("whose function %s knows better ends the session", async (name) => {
    const ask = vi.fn(({ attempt }: { attempt: number }) => {
      if (attempt > 1) throw new AuthenticationError("Signed out.");
      return WS;
    });
    const rig = await ready({ [name]: ask });
    FakeWebSocket.last.drop(1006);
    await vi.waitFor(() => {
      expect(rig.transport.state).toBe("error");
    });
    expect(ask).toHaveBeenCalledTimes(2);
    expect(rig.errors.at(-1)?.data).toMatchObject({ code: "unauthorized", fatal: true, message: "Signed out." });
  });

  it("is wrong for good where the function's first token is of a wrong kind", async () => {
    const rig = build({ token: () => 7 as never });
    await expect(rig.transport.connect()).rejects.toBeInstanceOf(InvalidOptionsError);
    expect(urls()).toEqual([]);
  });

  it("whose function answers when nobody waits any more opens nothing", async () => {
    let answer: (token: string) => void = () => undefined;
    const rig = build({ token: () => new Promise<string>((resolve) => (answer = resolve)) });
    const connecting = rig.transport.connect();
    await rig.transport.disconnect();
    await expect(connecting).rejects.toMatchObject({ code: "aborted" });
    answer("late");
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(urls()).toEqual([]);
  });

  it.each([
    [{ wsUrl: 7 }, "wsUrl"],
    [{ ws_url: {} }, "ws_url"],
    [{ token: 7 }, "token"],
    ["ws://a.test", "must be an object"],
    [[], "must be an object"],
  ])("in connection parameters %j is refused at once, by name", (params, name) => {
    const { transport, states } = build();
    expect(() => transport._validateConnectionParams(params)).toThrow(InvalidOptionsError);
    expect(() => transport.connect(params as never)).toThrow(name);
    expect(states).toEqual([]);
  });

  it("never shows a token: not in the log, nor in an error, however the server quotes it", async () => {
    const token = canary();
    const rig = await ready({ token });
    FakeWebSocket.last.drop(4003, `token ${token} is used up`);
    await vi.waitFor(() => {
      expect(rig.states.at(-1)).toBe("error");
    });
    expect(rig.errors).toMatchObject([{ data: { code: "unauthorized", reason: "token [redacted] is used up" } }]);
    expect(JSON.stringify([rig.errors, rig.logged])).not.toContain(token);
  });

  it.each<[string, WebSocketTransportConstructorOptions, string]>([
    ["in the URL, as it was sent", { wsUrl: "ws://a.test/?token=se%2Fcret%3dlong" }, "no: ?token=se%2Fcret%3dlong"],
    ["in the URL, decoded", { wsUrl: "ws://a.test/?token=se%2Fcret%3dlong" }, "no: se/cret=long"],
    ["of another name", { wsUrl: "ws://a.test/?access_token=secret_value" }, "no: secret_value"],
    ["without a name", { wsUrl: "ws://a.test/?secret_value" }, "no: secret_value"],
    ["that `token` took the place of", { wsUrl: "ws://a.test/?token=secret_old", token: "t" }, "no: secret_old"],
    ["that is the URL's password", { wsUrl: "ws://user:se%2Fcret@a.test/" }, "no: user:se/cret"],
    ["that is escaped", { token: "secret!~'(x)*y z" }, "no: secret%21%7E%27%28x%29*y+z"],
    ["in base64", { token: "secret_value" }, `no: ${btoa("secret_value")}`],
    ["that is cut", { token: `secret${"x".repeat(300)}` }, `no: secret${"x".repeat(113)}`],
  ])("never shows a token %s in a close reason", async (_name, options, reason) => {
    const rig = await ready(options);
    FakeWebSocket.last.drop(4003, reason);
    await vi.waitFor(() => {
      expect(rig.states.at(-1)).toBe("error");
    });
    expect(rig.errors).toMatchObject([{ data: { reason: expect.stringContaining("[redacted]") as string } }]);
    expect(JSON.stringify([rig.errors, rig.logged])).not.toMatch(/se(cret|%2F|\/cret)|c2VjcmV0/);
  });

  it("keeps the other words of a close reason, and short values of the URL", async () => {
    const rig = await ready({ wsUrl: "ws://a.test/?room=lounge&access_token=secret_value" });
    FakeWebSocket.last.drop(4003, "the lounge is full");
    await vi.waitFor(() => {
      expect(rig.errors).toMatchObject([{ data: { reason: "the lounge is full" } }]);
    });
  });

  it("never shows a token that the bot quotes in an error, however deep", async () => {
    const token = canary("");
    const rig = await ready({ token });
    const details = { details: { header: `Bearer ${token}`, [token]: [encodeURIComponent(token)] }, list: [token, 1] };
    await rig.receive(
      bot.rtvi("error", { error: `no ${token}`, ...details }),
      bot.rtvi("error-response", { error: `no ${token}`, ...details }, "x"),
      bot.rtvi("error-response", token, "y"),
    );
    const shown = { details: { header: "Bearer [redacted]", "[redacted]": ["[redacted]"] }, list: ["[redacted]", 1] };
    expect(rig.errors).toMatchObject([{ data: { error: "no [redacted]", message: "no [redacted]", ...shown } }]);
    expect(rig.messageErrors).toMatchObject([
      { id: "x", data: { error: "no [redacted]", ...shown } },
      { id: "y", data: "[redacted]" },
    ]);
  });
});

describe("constructor options", () => {
  it.each<[string, object]>([
    ["wsUrl", { wsUrl: 7 }],
    ["token", { token: {} }],
    ["recorderSampleRate", { recorderSampleRate: "16000" }],
    ["recorderSampleRate", { recorderSampleRate: 7999 }],
    ["playerSampleRate", { playerSampleRate: 22_050.5 }],
    ["playerSampleRate", { playerSampleRate: 200_000 }],
    ["serializer", { serializer: {} }],
    ["serializer", { serializer: 7 }],
    ["mediaManager", { mediaManager: {} }],
  ])("%s of a wrong kind is refused by name: %j", (name, options) => {
    expect(() => new WebSocketTransport(options)).toThrow(InvalidOptionsError);
    expect(() => new WebSocketTransport(options)).toThrow(name);
  });

  it("recorderSampleRate is what the frames say; 16 kHz unless told", async () => {
    const rig = await ready();
    rig.manager.say(samples(1).buffer as ArrayBuffer);
    const other = await ready({ recorderSampleRate: 48_000 });
    other.manager.say(samples(1).buffer as ArrayBuffer);
    expect(audioSent().map(({ sampleRate }) => sampleRate)).toEqual([48_000]);
    await rig.transport.disconnect();
    const usual = await ready();
    usual.manager.say(samples(1).buffer as ArrayBuffer);
    expect(audioSent().map(({ sampleRate }) => sampleRate)).toEqual([16_000]);
  });

  it("a manager that tells its rates is believed, whatever the options say", async () => {
    const { manager } = build();
    Object.assign(manager, { inputSampleRate: 24_000, outputSampleRate: 48_000 });
    const rig = await ready({ mediaManager: manager, recorderSampleRate: 16_000, playerSampleRate: 24_000 });
    manager.say(samples(1).buffer as ArrayBuffer);
    expect(audioSent().map(({ sampleRate }) => sampleRate)).toEqual([24_000]);
    await rig.receive(bot.pcm(samples(480), { sampleRate: 24_000 }));
    expect(Math.abs(manager.speaker.queue[0]!.samples - 960)).toBeLessThan(3);
  });

  it("the default manager has Pipecat's rates and chunks, and those that are asked for", () => {
    const rates = (options: WebSocketTransportConstructorOptions, transport: TransportOptions = {}) => {
      const manager = managerOf(options, undefined, transport);
      if (!(manager instanceof WebAudioMediaManager)) throw new Error("another manager");
      return [manager.inputSampleRate, manager.outputSampleRate];
    };
    expect(rates({})).toEqual([16_000, 24_000]);
    expect(rates({ recorderSampleRate: 8000, playerSampleRate: 48_000 })).toEqual([8000, 48_000]);
    expect(rates({}, { audio: { inputSampleRate: 24_000 } })).toEqual([24_000, 24_000]);
    expect(rates({ recorderSampleRate: 8000 }, { audio: { inputSampleRate: 24_000 } })[0]).toBe(8000);
    expect(() => managerOf({}, undefined, { audio: { chunkMs: 1 } })).toThrow("chunkMs");
  });

  it("a manager written for Pipecat's transport records and plays", async () => {
    const { foreign, manager } = foreignManager();
    const rig = await connected({ mediaManager: manager });
    await rig.transport.initDevices();
    const announced = rig.transport.sendReadyMessage();
    await rig.receive(bot.rtvi("bot-ready", {}));
    await announced;
    await vi.waitFor(() => {
      expect(foreign.capturing).toBe(true);
    });
    foreign.say(samples(512).buffer as ArrayBuffer);
    expect(audioSent()).toHaveLength(1);
    await rig.receive(bot.pcm(samples(480)), bot.interruption());
    expect(foreign.calls).toContain("userStartedSpeaking");
  });

  it("reconnect: false ends the session at the first loss", async () => {
    const rig = await ready({ reconnect: false });
    FakeWebSocket.last.drop(1006);
    await vi.waitFor(() => {
      expect(rig.states.at(-1)).toBe("error");
    });
    expect(rig.errors).toMatchObject([{ data: { code: "connection-lost", closeCode: 1006, fatal: true } }]);
  });

  it("a close by the bot ends the session, and is not dialled again", async () => {
    const rig = await ready();
    FakeWebSocket.last.drop(1000, "", true);
    await vi.waitFor(() => {
      expect(rig.states.at(-1)).toBe("error");
    });
    expect(rig.errors).toMatchObject([{ data: { closeCode: 1000, fatal: true } }]);
    expect(urls()).toHaveLength(1);
  });

  it("without a WebSocket anywhere says which option would help", async () => {
    vi.stubGlobal("WebSocket", undefined);
    const { manager } = build();
    const transport = new WebSocketTransport({ wsUrl: "ws://a.test", mediaManager: manager });
    await expect(transport.connect()).rejects.toThrow(UnsupportedEnvironmentError);
    await transport.disconnect();
    vi.unstubAllGlobals();
  });

  it("the global WebSocket is looked up when connecting", async () => {
    const { manager } = build();
    const transport = new WebSocketTransport(
      {
        wsUrl: "ws://global.test/",
      },
      manager,
      { timeouts: { disconnect: 20 } },
    );
    vi.stubGlobal("WebSocket", FakeWebSocketConstructor);
    const connecting = transport.connect();
    (await dialled()).open();
    await connecting;
    expect(urls()).toEqual(["ws://global.test/"]);
    await transport.disconnect();
    vi.unstubAllGlobals();
  });

  it("connectionError() ends the session in error, as in Pipecat's class", async () => {
    const rig = await ready();
    rig.transport.connectionError("gone for good");
    expect(rig.states.at(-1)).toBe("error");
    expect(rig.errors).toMatchObject([{ data: { message: "gone for good", fatal: true } }]);
  });
});
