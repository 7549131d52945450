import { describe, expect, it, vi } from "vitest";
import {
  AlreadyConnectedError,
  AuthenticationError,
  ConnectionAbortedError,
  ConnectionFailedError,
  InvalidOptionsError,
  NotReadyError,
} from "../../../../src/errors.js";
import type { LocalService } from "../../../../packages/local-service/src/index.js";
import { chunks, silence, speech } from "../../../../packages/testkit/src/audio/speech.js";
import { withService } from "../../../../packages/testkit/src/worlds/with-service.js";
import type { RealtimeEvent } from "../../../../src/compat/thrive/index.js";
import { quiet, rigFor, sessionToken } from "./rig.js";
import { canary, textOf, traceOfSecrets } from "../../../../packages/testkit/src/secrets/secrets.js";

const tool = { type: "function", name: "get_weather", description: "Weather.", parameters: { type: "object" } };
const hello = { type: "conversation.item.create", item: { type: "message", role: "user", content: "Hello!" } };
const answer = { type: "response.create" };
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("a session", { timeout: 20_000 }, () => {
  it.each(["ga", "beta"] as const)("is heard by its documented names, and played: %s", async (dialect) => {
    const rig = rigFor((await withService({ dialect })).wsUrl);
    expect(rig.transport.kind).toBe("websocket");
    await rig.connect();
    expect(rig.types()).toEqual(["session.created", "conversation.created", "session.updated"]);
    expect(rig.manager.microphone.held).toBe(1);
    rig.transport.send(hello);
    rig.transport.send(answer);
    await rig.seen("response.done");
    expect(rig.types()).toEqual(
      expect.arrayContaining([
        "conversation.item.created",
        "conversation.item.completed",
        "response.created",
        "response.audio.delta",
        "response.audio.done",
        "response.audio_transcript.delta",
        "response.done",
      ]),
    );
    expect(rig.types().filter((type) => /output_(audio|text)|conversation\.item\.(added|done)/.test(type))).toEqual([]);
    // The user's item and the bot's, once each.
    expect(rig.all("conversation.item.completed")).toHaveLength(2);
    const bytes = rig.all("response.audio.delta").reduce((sum, { delta }) => sum + atob(String(delta)).length, 0);
    const played = rig.manager.speaker.queue.reduce((sum, { samples }) => sum + samples * 2, 0);
    expect(bytes).toBeGreaterThan(24_000);
    expect(played).toBe(bytes);
    expect(rig.all("error")).toEqual([]);
  });

  it("writes without audio", async () => {
    const rig = rigFor((await withService()).wsUrl, { capabilities: ["text"] });
    await rig.connect();
    rig.transport.send(hello);
    rig.transport.send(answer);
    await rig.seen("response.done");
    expect(rig.types()).toContain("response.text.delta");
    expect(rig.types()).not.toContain("response.audio.delta");
    expect(rig.manager.speaker.queue).toEqual([]);
  });

  it("hears the user, and transcribes", async () => {
    const service = await withService({ script: [{ heard: "Good morning." }] });
    const rig = rigFor(service.wsUrl);
    await rig.connect();
    for (const chunk of [...chunks(speech(), 40), ...chunks(silence(500), 40)]) {
      rig.manager.say(new Uint8Array(chunk).buffer);
      await wait(4);
    }
    await rig.seen("conversation.item.input_audio_transcription.completed");
    await rig.seen("response.audio.delta");
    expect(rig.types()).toEqual(
      expect.arrayContaining([
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
      ]),
    );
    expect(rig.all("conversation.item.input_audio_transcription.completed")[0]).toMatchObject({
      transcript: "Good morning.",
    });
  });

  it("calls tools, and goes on with their results", async () => {
    const rig = rigFor((await withService()).wsUrl, { tools: [tool] });
    await rig.connect();
    rig.transport.send({ ...hello, item: { ...hello.item, content: 'get_weather {"city":"Paris"}' } });
    rig.transport.send(answer);
    await rig.seen("response.function_call_arguments.done");
    await rig.seen("response.done");
    expect(rig.types()).toContain("response.function_call_arguments.delta");
    const [call] = rig.all("response.function_call_arguments.done");
    expect(JSON.parse(String(call!.arguments))).toEqual({ city: "Paris" });
    const output = { type: "function_call_output", call_id: call!.call_id, output: "0" };
    rig.transport.send({ type: "conversation.item.create", item: output });
    rig.transport.send(answer);
    await rig.seen("response.done", 2);
    expect(rig.all("response.audio_transcript.done").at(-1)).toMatchObject({
      transcript: expect.stringContaining("0") as unknown,
    });
    expect(rig.all("error")).toEqual([]);
  });

  it("falls silent when the response is cancelled", async () => {
    const rig = rigFor((await withService({ replySpeed: 2 })).wsUrl);
    await rig.connect();
    rig.transport.send(hello);
    rig.transport.send(answer);
    await rig.seen("response.audio.delta");
    rig.transport.send({ type: "response.cancel" });
    expect(rig.manager.speaker.queue).toEqual([]);
    await rig.seen("response.done");
    expect(rig.all("response.done")[0]).toMatchObject({ response: { status: "cancelled" } });
    await wait(100);
    expect(rig.manager.speaker.queue).toEqual([]);
    expect(rig.all("error")).toEqual([]);
  });

  it("goes on when the microphone is refused", async () => {
    const rig = rigFor((await withService()).wsUrl);
    rig.manager.microphone.script = "permissions";
    await rig.connect();
    await rig.seen("error");
    expect(rig.all("error")).toMatchObject([
      { error: { type: "device_error", code: "permissions", devices: ["mic"], fatal: false } },
    ]);
    rig.transport.send(hello);
    rig.transport.send(answer);
    await rig.seen("response.audio.delta");
    expect(rig.transport.rtvi.state).toBe("ready");
  });

  it("tells what the service refuses once, in the service's words", async () => {
    const service = await withService();
    const rig = rigFor(service.wsUrl);
    await rig.connect();
    rig.transport.send({ type: "no.such.event", event_id: "mine" });
    await rig.seen("error");
    await wait(50);
    expect(rig.all("error")).toMatchObject([{ error: { type: "invalid_request_error", event_id: "mine" } }]);
    expect(() => rig.transport.send({ type: "" })).toThrow(InvalidOptionsError);
  });

  it("tells a failed response once", async () => {
    const service = await withService({ faults: { failResponses: true } });
    const rig = rigFor(service.wsUrl);
    await rig.connect();
    rig.transport.send(hello);
    rig.transport.send(answer);
    await rig.seen("response.done");
    await wait(50);
    expect(rig.all("error")).toEqual([]);
    expect(rig.all("response.done")[0]).toMatchObject({ response: { status: "failed" } });
  });

  it("survives a handler that throws, and frames that break the protocol", async () => {
    const service = await withService({ faults: { malformed: true } });
    const rig = rigFor(service.wsUrl);
    await rig.transport.connect({
      token: canary(),
      onEvent: () => {
        throw new Error("the app's");
      },
    });
    rig.transport.send(hello);
    rig.transport.send(answer);
    await vi.waitFor(() => {
      expect(rig.manager.speaker.queue.length).toBeGreaterThan(0);
    }, 8_000);
    expect(rig.transport.rtvi.state).toBe("ready");
  });
});

describe("onEvent", () => {
  it.each([
    ["throws", (): never => JSON.parse("{") as never],
    ["is async, and rejects", (): never => Promise.reject(new Error("the app's")) as never],
  ])("hears every event although it %s, which is logged", async (_how, fails) => {
    const error = vi.fn();
    const service = await withService({ dialect: "beta" });
    const rig = rigFor(service.wsUrl, {}, {}, { logger: { ...quiet, error } });
    const heard: string[] = [];
    const onEvent = ({ type }: RealtimeEvent) => {
      heard.push(type);
      return fails();
    };
    await rig.transport.connect({ token: canary(), onEvent });
    rig.transport.send(hello);
    // Two of one event of the service.
    await vi.waitFor(() => {
      expect(heard).toContain("conversation.item.completed");
      expect(error).toHaveBeenCalledTimes(heard.length);
    });
    expect(error.mock.calls[0]?.[0]).toMatch(/^onEvent (threw|rejected)$/);
    await rig.transport.close();
  });
});

describe("the session token", { timeout: 20_000 }, () => {
  it("is asked for on every attempt, with the token, and decides the model", async () => {
    const service = await withService();
    const getSessionToken = vi.fn(({ attempt }: { attempt: number }) =>
      Promise.resolve(sessionToken("local", `gpt-realtime-${attempt}`)),
    );
    const rig = rigFor(service.wsUrl, { model: "from-config" }, { getSessionToken });
    await rig.connect("for my own server");
    expect(rig.dialled[0]).toContain("model=gpt-realtime-1");
    expect(getSessionToken.mock.calls[0]?.[0]).toMatchObject({ token: "for my own server", attempt: 1 });
    service.sessions[0]?.terminate();
    await rig.seen("session.updated", 2);
    expect(getSessionToken).toHaveBeenCalledTimes(2);
    expect(rig.dialled).toHaveLength(2);
    expect(rig.all("error")).toMatchObject([{ error: { code: "connection-lost", fatal: false } }]);
    await vi.waitFor(() => {
      expect(rig.transport.rtvi.state).toBe("ready");
    });
    rig.transport.send(hello);
    rig.transport.send(answer);
    await rig.seen("response.done");
  });

  it("may be OpenAI's own answer", async () => {
    const service = await withService();
    const answerOf = { value: "local", expires_at: 1, session: { model: "gpt-realtime-ga" } };
    const rig = rigFor(service.wsUrl, {}, { getSessionToken: () => answerOf });
    await rig.connect();
    expect(rig.dialled[0]).toContain("model=gpt-realtime-ga");
  });

  it("never gives way to the app's own token", async () => {
    const getSessionToken = vi.fn(() => Promise.reject(new Error("down")));
    const rig = rigFor(
      (await withService()).wsUrl,
      {},
      { getSessionToken },
      { reconnect: { attempts: 2, base: 1, cap: 1 } },
    );
    await expect(rig.connect("local")).rejects.toBeInstanceOf(ConnectionFailedError);
    expect(getSessionToken).toHaveBeenCalledTimes(3);
    expect(rig.dialled).toEqual([]);
  });

  const down = { error: { message: canary() } };
  /** The first dial has a token, then comes what `redialled` says. */
  const endpoint = (redialled: (attempt: number) => unknown) =>
    vi.fn(({ attempt }: { attempt: number }) => (attempt === 1 ? sessionToken() : redialled(attempt)) as string);

  it.each<[string, unknown]>([
    ["an error", down],
    ["a text", `upstream ${down.error.message}`],
  ])("that a redial is not given comes with the next: %s", async (_what, wrong) => {
    const service = await withService();
    const getSessionToken = endpoint((attempt) => (attempt === 2 ? wrong : sessionToken()));
    const rig = rigFor(service.wsUrl, {}, { getSessionToken });
    await rig.connect();
    service.sessions[0]?.terminate();
    await rig.seen("session.updated", 2);
    await vi.waitFor(() => {
      expect(rig.transport.rtvi.state).toBe("ready");
    });
    expect(getSessionToken).toHaveBeenCalledTimes(3);
    expect(rig.all("error")).toMatchObject([{ error: { code: "connection-lost", fatal: false } }]);
  });

  it("that no redial is given ends the session, which says who did not give it", async () => {
    const service = await withService();
    const getSessionToken = endpoint(() => down);
    const rig = rigFor(service.wsUrl, {}, { getSessionToken }, { reconnect: { attempts: 3, base: 1, cap: 1 } });
    await rig.connect();
    service.sessions[0]?.terminate();
    await rig.seen("error", 2);
    expect(getSessionToken).toHaveBeenCalledTimes(4);
    const last = rig.all("error").at(-1);
    expect(last).toMatchObject({ error: { code: "connection-failed", fatal: true } });
    expect(JSON.stringify(last)).toContain("`getSessionToken`");
    expect(JSON.stringify(rig.all("error"))).not.toContain(down.error.message);
  });

  it("that the app's server refuses for good ends the session at once", async () => {
    const service = await withService();
    const getSessionToken = endpoint(() => {
      throw new AuthenticationError("Signed out.");
    });
    const rig = rigFor(service.wsUrl, {}, { getSessionToken });
    await rig.connect();
    service.sessions[0]?.terminate();
    await rig.seen("error");
    expect(getSessionToken).toHaveBeenCalledTimes(2);
    expect(rig.all("error").at(-1)).toMatchObject({ error: { code: "unauthorized", fatal: true } });
  });

  it("whose server answers with an error is that error: it may be well the next time", async () => {
    const getSessionToken = () => ({ error: "down for a minute" }) as never;
    const refused = rigFor((await withService()).wsUrl, {}, { getSessionToken }).connect();
    await expect(refused).rejects.toMatchObject({ name: "ConnectionFailedError", retryable: true });
    await expect(refused).rejects.toThrow("`getSessionToken` function answered with an error: down for a minute");
  });

  it.each([undefined, null, {}, { client_secret: {} }, { value: " " }])(
    "that holds no secret is an error which says so: %j",
    async (wrong) => {
      const rig = rigFor((await withService()).wsUrl, {}, { getSessionToken: () => wrong as never });
      const refused = rig.connect();
      await expect(refused).rejects.toBeInstanceOf(AuthenticationError);
      await expect(refused).rejects.toThrow("getSessionToken()");
      expect(rig.dialled).toEqual([]);
    },
  );
});

describe("connecting", { timeout: 20_000 }, () => {
  it.each(["http", "event"] as const)(
    "is refused with a bad token (%s): typed, told, and nothing held",
    async (refusal) => {
      const service = await withService({ refusal });
      const rig = rigFor(service.wsUrl, {}, {}, { reconnect: { attempts: 1, base: 1, cap: 1 } });
      await expect(rig.connect("bad-key")).rejects.toMatchObject({
        code: refusal === "http" ? "connection-failed" : "unauthorized",
      });
      expect(rig.all("error").at(-1)).toMatchObject({ error: { type: "transport_error", fatal: true } });
      expect(rig.transport.rtvi.state).toBe("disconnected");
      expect([rig.manager.microphone.held, rig.manager.speaker.isOpen]).toEqual([0, false]);
      await rig.connect("local");
      expect(rig.transport.rtvi.state).toBe("ready");
    },
  );

  it("wants a token and a handler", async () => {
    const rig = rigFor((await withService()).wsUrl);
    await expect(rig.connect("")).rejects.toBeInstanceOf(AuthenticationError);
    await expect(rig.transport.connect({ token: 7 as never, onEvent: () => undefined })).rejects.toThrow("token");
    await expect(rig.transport.connect({ token: canary() } as never)).rejects.toThrow("onEvent");
    for (const nothing of [undefined, null, "token"]) {
      await expect(rig.transport.connect(nothing as never)).rejects.toThrow(InvalidOptionsError);
    }
  });

  it("is retried from the first dial", async () => {
    const service = await withService({ faults: { unavailable: true } });
    const rig = rigFor(service.wsUrl);
    const connected = rig.connect();
    await vi.waitFor(() => {
      expect(rig.dialled.length).toBeGreaterThan(1);
    });
    service.faults.unavailable = false;
    await connected;
    expect(rig.transport.rtvi.state).toBe("ready");
  });

  it("gives up at once when told to", async () => {
    const service = await withService({ faults: { unavailable: true } });
    for (const reconnect of [false, { initial: false }] as const) {
      const rig = rigFor(service.wsUrl, {}, {}, { reconnect });
      await expect(rig.connect()).rejects.toBeInstanceOf(ConnectionFailedError);
      expect(rig.dialled).toHaveLength(1);
    }
  });

  it("is ended by close(), wherever it stands", async () => {
    for (const fault of ["stallUpgrade", "silent", "noUpdated"] as const) {
      const service = await withService({ faults: { [fault]: true } });
      const rig = rigFor(service.wsUrl);
      const connecting = rig.connect().catch((error: unknown) => error);
      await vi.waitFor(() => {
        expect(rig.dialled).toHaveLength(1);
      });
      await wait(20);
      await rig.transport.close();
      expect(await connecting).toBeInstanceOf(ConnectionAbortedError);
      expect([rig.manager.microphone.held, rig.manager.speaker.isOpen]).toEqual([0, false]);
      expect(rig.all("error")).toEqual([]);
    }
  });

  it("is ended by close() while the session token is awaited, and no wire comes of it", async () => {
    const service = await withService();
    const answers: ((answer: object) => void)[] = [];
    const getSessionToken = () => new Promise<never>((resolve) => answers.push(resolve as never));
    const rig = rigFor(service.wsUrl, {}, { getSessionToken });
    const first = rig.connect().catch((error: unknown) => error);
    await vi.waitFor(() => {
      expect(answers).toHaveLength(1);
    });
    const closed = rig.transport.close();
    const second = rig.connect();
    await closed;
    expect(await first).toBeInstanceOf(ConnectionAbortedError);
    await vi.waitFor(() => {
      expect(answers).toHaveLength(2);
    });
    answers[0]?.(sessionToken());
    await wait(20);
    expect(rig.dialled).toEqual([]);
    answers[1]?.(sessionToken());
    await second;
    expect(rig.dialled).toHaveLength(1);
    expect(service.sessions).toHaveLength(1);
  });

  it("keeps its token while another session is being closed", async () => {
    const service = await withService();
    const tokens: string[] = [];
    const getSessionToken = ({ token }: { token: string }) => {
      tokens.push(token);
      return sessionToken();
    };
    const rig = rigFor(service.wsUrl, {}, { getSessionToken });
    await rig.connect("one");
    const closed = rig.transport.close();
    await Promise.all([rig.connect("two"), closed]);
    expect(tokens).toEqual(["one", "two"]);
    expect(rig.transport.rtvi.state).toBe("ready");
  });

  it("is refused during a session, which goes on", async () => {
    const rig = rigFor((await withService()).wsUrl);
    const first = rig.connect();
    await expect(rig.connect()).rejects.toBeInstanceOf(AlreadyConnectedError);
    await first;
    await expect(rig.connect()).rejects.toBeInstanceOf(AlreadyConnectedError);
    rig.transport.send(hello);
    await rig.seen("conversation.item.completed");
  });
});

describe("the end", { timeout: 20_000 }, () => {
  it.each<[string, (rig: ReturnType<typeof rigFor>, service: LocalService) => unknown]>([
    ["close()", ({ transport }) => transport.close()],
    ["disconnect() of what is beneath", ({ transport }) => transport.rtvi.disconnect()],
    ["a loss for good", (_rig, service) => service.sessions[0]?.terminate()],
  ])("by %s leaves nothing behind that opens a session", async (_name, end) => {
    const service = await withService();
    const getSessionToken = () => sessionToken();
    const rig = rigFor(service.wsUrl, {}, { getSessionToken }, { reconnect: false });
    await rig.connect();
    await end(rig, service);
    const { rtvi } = rig.transport;
    await vi.waitFor(() => {
      expect(rtvi.state).toBe("disconnected");
    });
    const kept = ["_token", "_service_options", "_params"].map((name) => textOf(Reflect.get(rtvi, name)));
    expect(traceOfSecrets(kept.join("\n"))).toEqual([]);
  });

  it("leaves nothing behind of a session that never began", async () => {
    const service = await withService({ faults: { silent: true } });
    const rig = rigFor(service.wsUrl);
    const connecting = rig.connect().catch(() => undefined);
    await rig.transport.close();
    await connecting;
    expect(traceOfSecrets(textOf(Reflect.get(rig.transport.rtvi, "_token")))).toEqual([]);
  });

  it("releases everything, says nothing more, and can be followed by another session", async () => {
    const service = await withService();
    const rig = rigFor(service.wsUrl);
    expect(() => rig.transport.send(hello)).toThrow(NotReadyError);
    await rig.transport.close();
    for (const round of [1, 2]) {
      await rig.connect();
      expect(rig.dialled).toHaveLength(round);
      rig.transport.send(hello);
      rig.transport.send(answer);
      await rig.seen("response.audio.delta");
      const closed = rig.transport.close();
      expect(() => rig.transport.send(hello)).toThrow(NotReadyError);
      rig.events.length = 0;
      await Promise.all([closed, rig.transport.close()]);
      await wait(30);
      expect(rig.events).toEqual([]);
      expect([rig.manager.microphone.held, rig.manager.speaker.isOpen]).toEqual([0, false]);
      await vi.waitFor(() => {
        expect(service.sessions).toEqual([]);
      });
    }
  });

  it("by the service is a fatal error event; a new session may begin in its handler", async () => {
    const service = await withService();
    const rig = rigFor(service.wsUrl, {}, {}, { reconnect: false });
    let again: Promise<void> | undefined;
    const first: unknown[] = [];
    await rig.transport.connect({
      token: canary(),
      onEvent: (event) => {
        first.push(event);
        if (event.type !== "error") return;
        void rig.transport.close();
        again = rig.connect();
      },
    });
    service.sessions[0]?.drop(1011, "overloaded");
    await vi.waitFor(() => {
      expect(again).toBeDefined();
    });
    expect(first.at(-1)).toMatchObject({ error: { code: "connection-lost", fatal: true, closeCode: 1011 } });
    await again;
    rig.transport.send(hello);
    await rig.seen("conversation.item.completed");
  });

  it("by an error of the service: a new session may begin in its handler, and is told nothing of the old one", async () => {
    const service = await withService();
    const rig = rigFor(service.wsUrl, {}, {}, { reconnect: false });
    let again: Promise<void> | undefined;
    await rig.transport.connect({
      token: canary(),
      onEvent: (event) => {
        if (event.type !== "error") return;
        void rig.transport.close();
        again ??= rig.connect();
      },
    });
    const message = "Your session hit the maximum duration of 60 minutes.";
    service.sessions[0]?.send({
      type: "error",
      error: { type: "invalid_request_error", code: "session_expired", message },
    });
    await vi.waitFor(() => {
      expect(again).toBeDefined();
    });
    await again;
    expect(rig.types()).toEqual(["session.created", "conversation.created", "session.updated"]);
    expect(rig.transport.rtvi.state).toBe("ready");
  });

  it("by the service leaves nothing held, and the transport free", async () => {
    const service = await withService();
    const rig = rigFor(service.wsUrl, {}, {}, { reconnect: false });
    await rig.connect();
    service.sessions[0]?.terminate();
    await rig.seen("error");
    expect(() => rig.transport.send(hello)).toThrow(NotReadyError);
    expect([rig.manager.microphone.held, rig.manager.speaker.isOpen]).toEqual([0, false]);
    await rig.connect();
  });

  it("through the RTVI transport beneath frees this one too", async () => {
    const rig = rigFor((await withService()).wsUrl);
    await rig.connect();
    await rig.transport.rtvi.disconnect();
    await rig.connect();
    expect(rig.transport.rtvi.state).toBe("ready");
  });
});
