import {
  LogLevel,
  PipecatClient,
  type RTVIEventCallbacks,
  type RTVIMessage,
  UnsupportedFeatureError,
} from "@pipecat-ai/client-js";
import { describe, expect, it, vi } from "vitest";
import { ConnectionAbortedError, ConnectionFailedError, InvalidOptionsError, NotReadyError } from "../../src/errors.js";
import type { TransportOptions } from "../../src/options.js";
import { ManualClock, ScriptedMediaManager } from "../../src/testing/index.js";
import { SeedTransport } from "../../packages/testkit/src/worlds/seed-transport.js";
import { drain, silent } from "../../packages/testkit/src/worlds/world.js";
import { canary } from "../../packages/testkit/src/secrets/secrets.js";

const KEY = canary();

/** An async function, where none is expected. */
const rejecting = (message: string) => (() => Promise.reject(new Error(message))) as () => void;
const never = (): Promise<void> => new Promise(() => undefined);

function start(options: TransportOptions = {}, callbacks: RTVIEventCallbacks = {}) {
  const clock = new ManualClock();
  const media = new ScriptedMediaManager();
  const transport = new SeedTransport({ api_key: KEY, initial_messages: [] }, media, {
    clock,
    logger: silent,
    timeouts: { disconnect: 500, connect: 2_000, ready: 3_000 },
    ...options,
  });
  const log: string[] = [];
  const errors: RTVIMessage[] = [];
  const client = new PipecatClient({
    transport,
    callbacks: {
      onTransportStateChanged: (state) => log.push(state),
      onBotReady: () => log.push("bot ready"),
      onError: (message) => errors.push(message),
      ...callbacks,
    },
  });
  client.setLogLevel(LogLevel.NONE);
  return { clock, media, transport, client, log, errors };
}

describe("a subclass as Pipecat documents it", () => {
  it("is set up once, by the client, in order", () => {
    const { transport } = start();
    expect(transport.calls).toEqual(["initializeLLM", "attachLLMListeners"]);
    expect(transport.key).toBe(KEY);
    expect(transport.clientWantsMic).toBe(true);
  });

  it("connects, is ready when it says so, and says goodbye once", async () => {
    const { transport, client, log } = start();
    const ready = await client.connect();
    expect(ready.version).toBe("1.0.0");
    expect(log).toEqual(["initializing", "initialized", "connecting", "connected", "ready", "bot ready"]);
    await client.disconnect();
    expect(transport.calls.slice(2)).toEqual(["connectLLM", "disconnectLLM"]);
  });

  it("sees connection parameters laid over its options", async () => {
    const { transport, client } = start();
    await client.connect({ api_key: "from the server" });
    expect(transport.key).toBe("from the server");
    await client.disconnect();
  });

  it("gets what the app sends", async () => {
    const { transport, client } = start();
    await client.connect();
    await client.sendText("hello");
    expect(transport.calls).toContain("sendMessage(send-text)");
    await client.disconnect();
  });

  it("is asked for bot-ready again after a reconnection, as the client asks once only", async () => {
    const { clock, transport, client, log } = start({ random: () => 0 });
    await client.connect();
    log.length = 0;
    // A subclass that knows more than Pipecat's: its loss may be mended.
    transport.loses(new ConnectionFailedError("lost", { retryable: true }));
    clock.advance(1);
    await drain();
    expect(log).toEqual(["connecting", "connected", "ready", "bot ready"]);
    await client.disconnect();
  });
});

describe("the protected helpers", () => {
  it("tell the app", async () => {
    const said: string[] = [];
    const { transport, client, media } = start(
      {},
      {
        onUserStartedSpeaking: () => said.push("user started"),
        onUserStoppedSpeaking: () => said.push("user stopped"),
        onUserTranscript: ({ text }) => said.push(`user: ${text}`),
        onBotStartedSpeaking: () => said.push("bot started"),
        onBotStoppedSpeaking: () => said.push("bot stopped"),
        onBotTtsText: ({ text }) => said.push(`bot: ${text}`),
      },
    );
    await client.connect();
    transport.userStoppedSpeaking();
    transport.userTranscript({ text: "hi", final: true, timestamp: "", user_id: "" });
    transport.botStartedSpeaking();
    transport.botStartedSpeaking();
    expect(transport.speaking).toBe(true);
    transport.botTtsText({ text: "hello" });
    transport.bufferBotAudio(new ArrayBuffer(480), "1");
    expect(media.speaker.queue).toEqual([{ itemId: "1", samples: 240 }]);
    expect(await transport.userStartedSpeaking()).toEqual({ trackId: "1", offset: 0, currentTime: 0 });
    expect(media.speaker.queue).toEqual([]);
    expect(await transport.userStartedSpeaking(), "nothing is cut twice").toBeNull();
    transport.botStoppedSpeaking();
    transport.botStoppedSpeaking();
    await client.disconnect();
    expect(said).toEqual([
      "user stopped",
      "user: hi",
      "bot started",
      "bot: hello",
      "user started",
      "user started",
      "bot stopped",
    ]);
  });

  it("know whether the bot speaks, and may be told so behind the app's back, as a field was that Pipecat's class has", async () => {
    const edges: string[] = [];
    const { transport, client } = start(
      {},
      {
        onBotStartedSpeaking: () => edges.push("started"),
        onBotStoppedSpeaking: () => edges.push("stopped"),
      },
    );
    expect(transport.speaking).toBe(false);
    await client.connect();
    transport.speaking = true;
    expect(transport.speaking).toBe(true);
    transport.botStartedSpeaking();
    expect(edges).toEqual([]);
    transport.botStoppedSpeaking();
    expect([transport.speaking, ...edges]).toEqual([false, "stopped"]);
    transport.speaking = false;
    await client.disconnect();
    expect([transport.speaking, ...edges]).toEqual([false, "stopped"]);
  });

  it("connectionError() ends the session in error, through onError", async () => {
    const { transport, client, log, errors } = start();
    await client.connect();
    transport.connectionError("the service hung up");
    await drain();
    expect(errors[0]?.data).toMatchObject({ message: "the service hung up", fatal: true, code: "connection-lost" });
    expect(log.slice(-2)).toEqual(["error", "disconnected"]);
    expect(transport.calls.slice(2)).toEqual(["connectLLM", "disconnectLLM"]);
  });

  it("tell the attempt of a session, and that there is none before", async () => {
    const { transport, client } = start();
    expect(() => transport.attemptNumber()).toThrow(NotReadyError);
    await client.connect();
    expect(transport.attemptNumber()).toBe(1);
    await client.disconnect();
  });

  it("do nothing harmful outside a session", async () => {
    const { transport, log, media } = start();
    transport.connectionError("late");
    transport.bufferBotAudio(new ArrayBuffer(2));
    transport.botStoppedSpeaking();
    expect(await transport.userStartedSpeaking()).toBeNull();
    transport.state = "error";
    transport.state = "ready";
    expect(log).toEqual([]);
    expect(media.speaker.queue).toEqual([]);
  });
});

describe("a subclass that misbehaves", () => {
  it("connectLLM() that resolves after disconnect() is closed again", async () => {
    const { transport, client } = start();
    let open: () => void = () => undefined;
    transport.connects = () => new Promise((resolve) => (open = resolve));
    const connecting = client.connect();
    const outcome = expect(connecting).rejects.toBeInstanceOf(ConnectionAbortedError);
    await vi.waitFor(() => {
      expect(client.state).toBe("connecting");
    });
    await client.disconnect();
    await outcome;
    expect(transport.calls.slice(2)).toEqual(["connectLLM", "disconnectLLM"]);
    open();
    await drain();
    expect(transport.calls.slice(2)).toEqual(["connectLLM", "disconnectLLM", "disconnectLLM"]);
    expect(client.state).toBe("disconnected");
  });

  it("connectLLM() that throws before it returns a promise is a failed dial", async () => {
    const { transport, client } = start();
    const thrown = new Error("no key");
    transport.connects = () => {
      throw thrown;
    };
    await expect(client.connect()).rejects.toMatchObject({
      name: "ConnectionFailedError",
      message: "no key",
      cause: thrown,
    });
    await drain();
    expect(client.state).toBe("disconnected");
  });

  it("writes state = error and then throws: the app gets what was thrown", async () => {
    const { transport, client, errors } = start();
    transport.connects = async () => {
      transport.state = "error";
      throw new Error("Failed to connect to LLM: 503");
    };
    await expect(client.connect()).rejects.toMatchObject({ message: "Failed to connect to LLM: 503" });
    expect(errors.map(({ data }) => (data as { message: string }).message)).toEqual(["Failed to connect to LLM: 503"]);
  });

  it("writes state = error, and nothing more: the session fails all the same", async () => {
    const { transport, client } = start();
    transport.connects = never;
    const connecting = client.connect();
    const outcome = expect(connecting).rejects.toMatchObject({ name: "ServiceError" });
    await vi.waitFor(() => {
      expect(client.state).toBe("connecting");
    });
    transport.state = "error";
    await outcome;
  });

  it("sendReadyMessage() that never settles is bounded by the session", async () => {
    const { transport, client, clock } = start();
    transport.announces = never;
    const connecting = client.connect();
    const outcome = expect(connecting).rejects.toMatchObject({ name: "ReadyTimeoutError" });
    await vi.waitFor(() => {
      expect(client.state).toBe("connected");
    });
    clock.advance(3_000);
    await outcome;
  });

  it("sendReadyMessage() that never settles in a session that is ready ends with it", async () => {
    const { transport, client } = start();
    transport.announces = never;
    const connecting = client.connect();
    const outcome = expect(connecting).rejects.toBeInstanceOf(ConnectionAbortedError);
    await vi.waitFor(() => {
      expect(client.state).toBe("connected");
    });
    transport.state = "ready";
    expect(client.state).toBe("ready");
    await client.disconnect();
    await outcome;
  });

  it("sendReadyMessage() that never settles is refused at once outside of a session", async () => {
    const { transport, client } = start();
    transport.announces = never;
    await expect(transport.sendReadyMessage()).rejects.toBeInstanceOf(NotReadyError);
    transport.announces = () => Promise.resolve();
    await client.connect();
    await client.disconnect();
    transport.announces = never;
    await expect(transport.sendReadyMessage()).rejects.toBeInstanceOf(ConnectionAbortedError);
  });

  it.each([
    ["in it", (transport: SeedTransport) => transport.connectionError("gone"), {}],
    ["in a callback of the app that it leads to", () => undefined, { fails: true }],
  ])(
    "sendReadyMessage() that resolves although the session fails %s does not hold connect()",
    async (_where, ends, app) => {
      const { transport, client, log } = start(
        {},
        {
          onTransportStateChanged: (state) => {
            if (state === "ready" && "fails" in app) transport.connectionError("gone");
          },
        },
      );
      transport.announces = () => {
        ends(transport);
        // Its service is ready in the same run.
        transport.state = "ready";
        return Promise.resolve();
      };
      await expect(client.connect()).rejects.toThrow("gone");
      await vi.waitFor(() => {
        expect(client.state).toBe("disconnected");
      });
      expect(log).not.toContain("bot ready");
    },
  );

  it("disconnectLLM() that hangs does not hold disconnect() longer than its deadline", async () => {
    const { transport, client, clock } = start();
    await client.connect();
    transport.disconnects = never;
    let ended = false;
    const ending = client.disconnect().then(() => (ended = true));
    await drain();
    clock.advance(499);
    await drain();
    expect(ended).toBe(false);
    clock.advance(1);
    await ending;
    expect(client.state).toBe("disconnected");
    transport.disconnects = () => Promise.resolve();
    await client.connect();
    expect(client.state).toBe("ready");
    await client.disconnect();
  });

  it("disconnectLLM() that throws or rejects does not keep disconnect() from resolving", async () => {
    const { transport, client } = start();
    for (const disconnects of [
      () => Promise.reject(new Error("late")),
      () => {
        throw new Error("at once");
      },
    ]) {
      await client.connect();
      transport.disconnects = disconnects;
      await client.disconnect();
      expect(client.state).toBe("disconnected");
    }
  });

  it("handleUserAudioStream() that is async and rejects is reported once a session", async () => {
    const { transport, media, client, errors } = start();
    vi.spyOn(transport, "handleUserAudioStream").mockImplementation(rejecting("no room"));
    await client.connect();
    media.say(new ArrayBuffer(4));
    media.say(new ArrayBuffer(4));
    await drain();
    expect(errors).toMatchObject([{ data: { error: "no room", fatal: false } }]);
    await client.disconnect();
  });

  it("sendMessage() that is async and rejects is reported through onMessageError", async () => {
    const refused: RTVIMessage[] = [];
    const transport = new SeedTransport({}, new ScriptedMediaManager(), { logger: silent });
    vi.spyOn(transport, "sendMessage").mockImplementation(rejecting("not this one"));
    const callbacks = { onMessageError: (message: RTVIMessage) => void refused.push(message) };
    const client = new PipecatClient({ transport, callbacks });
    client.setLogLevel(LogLevel.NONE);
    await client.connect();
    client.sendClientMessage("hello");
    await drain();
    expect(refused).toMatchObject([{ data: { error: "not this one" } }]);
    await client.disconnect();
  });

  it.each(["initializeLLM", "attachLLMListeners"] as const)(
    "%s() that is async and rejects is reported",
    async (hook) => {
      const told = vi.fn();
      const transport = new SeedTransport({}, new ScriptedMediaManager(), { logger: silent });
      vi.spyOn(transport, hook).mockImplementation(rejecting("no set-up"));
      new PipecatClient({ transport, callbacks: { onError: told } });
      await drain();
      expect(told.mock.calls).toMatchObject([[{ data: { error: "no set-up", fatal: false } }]]);
    },
  );

  it.each<[string, unknown, string]>([
    ["a text", "no route", "no route"],
    ["an object", { message: "no route", code: 5 }, "no route"],
    ["an object that holds an error", { error: { reason: "no route" } }, "no route"],
    ["an event", new Event("error"), 'It failed with the event "error".'],
    ["the event of an error", new ErrorEvent("error", { message: "no route" }), "no route"],
    ["undefined", undefined, "It failed with undefined."],
    ["an empty object", {}, "It failed, and nothing says why."],
  ])("connectLLM() that rejects with %s: its words are told", async (_what, thrown, words) => {
    const { transport, client, errors } = start();
    transport.connects = vi.fn<() => Promise<void>>().mockRejectedValue(thrown);
    await expect(client.connect()).rejects.toMatchObject({ code: "connection-failed", message: words });
    expect(errors).toMatchObject([{ data: { error: words, fatal: true } }]);
  });

  it.each<[unknown, string]>([
    ["a text", "a text"],
    [{ message: "an object" }, "an object"],
    [undefined, "It failed with undefined."],
  ])("reportError(%j) tells what is in it", async (thrown, error) => {
    const { transport, client, errors } = start();
    await client.connect();
    transport.reports(thrown as Error);
    expect(errors).toMatchObject([{ data: { error, message: error, fatal: false } }]);
    await client.disconnect();
  });

  it("bufferBotAudio() takes the bytes of a view, and refuses what are none", async () => {
    const { transport, client, media } = start();
    await client.connect();
    const write = vi.spyOn(media.speaker, "write");
    const samples = Int16Array.of(1, 2, 3, 4);
    transport.bufferBotAudio(new Uint8Array(samples.buffer, 2, 4) as unknown as ArrayBuffer);
    expect(write.mock.calls.map(([pcm]) => [...pcm])).toEqual([[2, 3]]);
    for (const wrong of ["x", undefined, null, 5, {}]) {
      expect(() => transport.bufferBotAudio(wrong as ArrayBuffer)).toThrow(InvalidOptionsError);
    }
    await client.disconnect();
  });

  it("handleUserAudioStream() that throws is reported once a session, and the session goes on", async () => {
    const { transport, client, media, errors } = start();
    transport.hears = () => {
      throw new Error("encoder");
    };
    for (const session of [1, 2]) {
      await client.connect();
      for (let chunk = 0; chunk < 5; chunk += 1) media.say(new ArrayBuffer(960));
      expect(client.state).toBe("ready");
      expect(errors).toHaveLength(session);
      expect(errors.at(-1)?.data).toMatchObject({ message: "encoder", fatal: false });
      await client.disconnect();
    }
  });
});

describe("audio said before the service is ready", () => {
  it("is kept up to a bound, and delivered in order, first of all, in a session that says it is ready", async () => {
    const { transport, client, media } = start({ preRoll: 100 });
    let open: () => void = () => undefined;
    transport.connects = () => new Promise((resolve) => (open = resolve));
    const connecting = client.connect();
    await vi.waitFor(() => {
      expect(client.state).toBe("connecting");
    });
    // 20 ms at 24 kHz each: five of them fit into 100 ms.
    const chunk = (n: number): ArrayBuffer => new Int16Array(480).fill(n).buffer;
    for (let n = 1; n <= 8; n += 1) media.say(chunk(n));
    expect(transport.heard).toEqual([]);
    open();
    await connecting;
    media.say(chunk(9));
    expect(transport.heard.map((data) => new Int16Array(data)[0])).toEqual([4, 5, 6, 7, 8, 9]);
    expect(transport.calls.filter((call) => call.startsWith("audio in"))).toEqual([]);
    await client.disconnect();
  });

  it("never reaches the next session", async () => {
    const { transport, client, media } = start();
    transport.connects = never;
    const connecting = client.connect();
    const outcome = expect(connecting).rejects.toBeInstanceOf(ConnectionAbortedError);
    await vi.waitFor(() => {
      expect(client.state).toBe("connecting");
    });
    media.say(new ArrayBuffer(960));
    await client.disconnect();
    await outcome;
    transport.connects = () => Promise.resolve();
    await client.connect();
    await drain();
    expect(transport.heard).toEqual([]);
    await client.disconnect();
  });
});

describe("client.transport, which is a Proxy", () => {
  it("answers every getter and method", async () => {
    const { transport, client, media } = start();
    await client.connect();
    const { transport: proxy } = client as unknown as { transport: SeedTransport };
    expect(proxy).not.toBe(transport);
    expect(proxy.state).toBe("ready");
    expect(proxy.actor).toBe(transport.actor);
    expect(proxy.actor.getSnapshot().matches({ lifecycle: { session: { live: "ready" } } })).toBe(true);
    expect(proxy.isMicEnabled).toBe(true);
    expect(proxy.isCamEnabled).toBe(false);
    expect(proxy.isSharingScreen).toBe(false);
    expect(proxy.selectedMic.deviceId).toBe(transport.selectedMic.deviceId);
    expect(proxy.selectedCam).toEqual({});
    expect(proxy.selectedSpeaker).toEqual({});
    expect(proxy.maxMessageSize).toBe(64 * 1024);
    expect(proxy.expiry).toBeUndefined();
    expect(proxy.key).toBe(KEY);
    expect(proxy.tracks()).toEqual({ local: {} });
    expect(await proxy.getAllMics()).toHaveLength(1);
    expect(await proxy.getAllCams()).toEqual([]);
    expect(await proxy.getAllSpeakers()).toEqual([]);
    proxy.enableMic(false);
    expect(proxy.isMicEnabled).toBe(false);
    expect(media.microphone.muted).toBe(true);
    const refused: readonly (() => void)[] = [
      () => proxy.enableCam(true),
      () => proxy.enableScreenShare(true),
      () => proxy.updateCam("x"),
    ];
    for (const call of refused) expect(call).toThrow(UnsupportedFeatureError);
    proxy.enableCam(false);
    proxy.enableScreenShare(false);
    proxy.updateSpeaker("");
    await proxy.updateMic("b");
    proxy.resumeAudio();
    expect(media.speaker.resumed).toBe(1);
    await client.disconnect();
  });

  it("answers every getter of every class, on the way up", () => {
    const { client } = start();
    const proxy: object = client.transport;
    for (
      let level: object = SeedTransport.prototype;
      level !== Object.prototype;
      level = Object.getPrototypeOf(level) as object
    ) {
      for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
        // `attempt` says that there is none, by an error of its own.
        if (get !== undefined && name !== "attempt")
          expect(() => Reflect.get(proxy, name) as unknown, name).not.toThrow();
      }
    }
  });
});
