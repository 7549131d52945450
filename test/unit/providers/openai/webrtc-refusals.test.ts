import { inspect } from "node:util";
import { MessageTooLargeError, RTVIMessage } from "@pipecat-ai/client-js";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { TransportOptions } from "../../../../src/options.js";
import { OpenAIRealTimeWebRTCTransport, type OpenAIServiceOptions } from "../../../../src/providers/openai/index.js";
import { ScriptedMediaManager } from "../../../../src/testing/index.js";
import { server } from "../../../../packages/testkit/src/messages/openai.js";
import {
  FakePeerConnection,
  FakePeerConnectionConstructor,
} from "../../../../packages/testkit/src/scripted/fake-peer-connection.js";
import { canary } from "../../../../packages/testkit/src/secrets/secrets.js";
import { silent } from "../../../../packages/testkit/src/worlds/world.js";

const SDP = { status: 201, headers: { "Content-Type": "application/sdp" } };
const answered = (): Response => new Response("v=0 answer", SDP);

function build(
  service: OpenAIServiceOptions = {},
  fetch: NonNullable<TransportOptions["fetch"]> = () => Promise.resolve(answered()),
) {
  const transport = new OpenAIRealTimeWebRTCTransport(
    { api_key: canary("ek_"), ...service },
    new ScriptedMediaManager(),
    {
      RTCPeerConnection: FakePeerConnectionConstructor,
      fetch,
      reconnect: { base: 1, cap: 1 },
      logger: silent,
    },
  );
  const told: RTVIMessage[] = [];
  const states: string[] = [];
  const errors: unknown[] = [];
  const callbacks = {
    onTransportStateChanged: (state: string) => void states.push(state),
    onError: ({ data }: RTVIMessage) => void errors.push(data),
  };
  transport.initialize({ transport, callbacks }, (message) => void told.push(message));
  const of = (type: string) => told.filter((message) => message.type === type);
  return { transport, told, states, errors, of };
}

type Rig = ReturnType<typeof build>;

const receive = (...events: object[]) => {
  for (const event of events) FakePeerConnection.last.message(JSON.stringify(event));
};
const greet = () => {
  const session = { type: "realtime" };
  receive({ type: "session.created", session }, { type: "session.updated", session });
};
const sent = () => FakePeerConnection.last.channel.sent.map((text) => JSON.parse(text) as { type: string });
const sentTypes = () => sent().map(({ type }) => type);

async function opened(count: number): Promise<void> {
  await vi.waitFor(() => expect(FakePeerConnection.all).toHaveLength(count));
  await vi.waitFor(() => expect(FakePeerConnection.last.answer).toBeDefined());
  FakePeerConnection.last.open();
  await new Promise((resolve) => setTimeout(resolve, 0));
}

async function ready(...args: Parameters<typeof build>): Promise<Rig> {
  const rig = build(...args);
  const announced = rig.transport.connect().then(() => rig.transport.sendReadyMessage());
  await opened(1);
  greet();
  await announced;
  return rig;
}

const result = (value: unknown) =>
  new RTVIMessage("llm-function-call-result", { function_name: "f", tool_call_id: "c1", arguments: {}, result: value });
const called = [server.created(), server.callDone("c1", "f", "{}"), server.done()];

beforeEach(() => {
  FakePeerConnection.all.length = 0;
});

describe("what is made of a message and is larger than the data channel takes", () => {
  it("has a text refused, and nothing happens", async () => {
    const rig = await ready();
    receive(server.created());
    const before = sent().length;
    const text = new RTVIMessage("send-text", { content: "x".repeat(880) }, "m1");
    expect(() => rig.transport.sendMessage(text)).toThrow(
      new MessageTooLargeError("The message is larger than 1000 bytes."),
    );
    expect(rig.told.at(-1)).toMatchObject({
      type: "error-response",
      id: "m1",
      data: { error: "The message is larger than 1000 bytes." },
    });
    expect(sent()).toHaveLength(before);
    rig.transport.sendMessage(new RTVIMessage("send-text", { content: "short" }));
    expect(sentTypes().slice(before)).toEqual(["response.cancel", "conversation.item.create"]);
    await rig.transport.disconnect();
  });

  it("has a tool's result refused: the model is told that there is none, and goes on", async () => {
    const rig = await ready();
    receive(...called);
    const quotes = Array.from({ length: 140 }, () => "ab");
    expect(() => rig.transport.sendMessage(result(quotes))).toThrow(MessageTooLargeError);
    expect(rig.of("error-response")).toHaveLength(1);
    expect(rig.of("llm-function-call-stopped")).toMatchObject([{ data: { cancelled: true } }]);
    rig.transport.sendMessage(result("ab"));
    expect(rig.of("llm-function-call-stopped")).toHaveLength(1);
    expect(sentTypes().slice(-2)).toEqual(["conversation.item.create", "response.create"]);
    await rig.transport.disconnect();
  });

  /** Each becomes a part with a type. */
  const parts = Array.from({ length: 40 }, () => "x");
  it.each([
    ["llm", "append_to_messages", "messages", [{ role: "user", content: parts }]],
    ["llm", "set_context", "messages", [{ role: "user", content: parts }]],
    ["tts", "say", "text", "x".repeat(800)],
  ])("has %s:%s refused, and nothing happens", async (service, action, name, value) => {
    const rig = await ready();
    receive(server.created());
    const before = sent().length;
    const data = { service, action, arguments: [{ name, value }] };
    rig.transport.sendMessage(new RTVIMessage("action", data, "a1"));
    expect(rig.told.at(-1)).toMatchObject({
      type: "error-response",
      id: "a1",
      data: { error: "The message is larger than 1000 bytes." },
    });
    expect(rig.of("action-response")).toEqual([]);
    expect(sent()).toHaveLength(before);
    receive(server.done());
    expect(sent()).toHaveLength(before);
    await rig.transport.disconnect();
  });

  it("has an event and settings of the app's own refused, and keeps neither", async () => {
    const rig = await ready();
    const event = { type: "input_audio_buffer.append", audio: "A".repeat(1_000) };
    expect(() => rig.transport.sendServiceEvent(event)).toThrow(MessageTooLargeError);
    expect(() => rig.transport.updateSettings({ instructions: "i".repeat(1_000) })).toThrow(MessageTooLargeError);
    FakePeerConnection.last.become("failed");
    await opened(2);
    greet();
    expect(rig.transport.state).toBe("ready");
    await rig.transport.disconnect();
  });

  it("ends the session when it is the settings, and says which limit they exceed", async () => {
    const rig = build({ session_config: { instructions: "i".repeat(2_000) } });
    const announced = rig.transport.connect().then(() => rig.transport.sendReadyMessage());
    announced.catch(() => undefined);
    await opened(1);
    receive({ type: "session.created", session: { type: "realtime" } });
    await expect(announced).rejects.toMatchObject({ code: "invalid-options", retryable: false });
    await expect(announced).rejects.toThrow("1000 bytes");
    expect(rig.states.at(-1)).toBe("error");
    expect(FakePeerConnection.all).toHaveLength(1);
    await rig.transport.disconnect();
  });

  it("is left out of the conversation that a session begins with, and named once", async () => {
    const initial_messages = ["One", "x".repeat(1_000), "Three"].map((content) => ({ role: "user", content }));
    const rig = await ready({ initial_messages });
    expect(rig.errors).toMatchObject([
      { fatal: false, message: expect.stringContaining("initial_messages[1]") as string },
    ]);
    expect(sentTypes()).toEqual([
      "session.update",
      "conversation.item.create",
      "conversation.item.create",
      "response.create",
    ]);
    FakePeerConnection.last.become("failed");
    await opened(2);
    greet();
    expect(rig.errors.filter((error) => JSON.stringify(error).includes("1000 bytes"))).toHaveLength(1);
    expect(JSON.stringify(sent())).toContain("Three");
    await rig.transport.disconnect();
  });

  it("is left out of the conversation that a new call is told, with what belongs to it", async () => {
    const rig = await ready();
    for (const content of ["One", "x".repeat(600), "Three"]) {
      rig.transport.sendMessage(new RTVIMessage("append-to-context", { role: "user", content }));
    }
    receive(...called);
    rig.transport.sendMessage(result("y".repeat(600)));
    FakePeerConnection.last.become("failed");
    await vi.waitFor(() => expect(FakePeerConnection.all).toHaveLength(2));
    FakePeerConnection.last.sctp.maxMessageSize = 600;
    await opened(2);
    greet();
    const texts = JSON.stringify(sent());
    expect(texts).toContain("One");
    expect(texts).toContain("Three");
    expect(texts).not.toContain("c1");
    const reported = rig.errors.filter((error) => JSON.stringify(error).includes("600 bytes"));
    expect(reported).toMatchObject([
      { fatal: false, message: expect.stringContaining("user") as string },
      { fatal: false, message: expect.stringContaining("c1") as string },
    ]);
    expect(rig.transport.state).toBe("ready");
    FakePeerConnection.last.become("failed");
    await opened(3);
    greet();
    expect(rig.errors.filter((error) => JSON.stringify(error).includes("left out"))).toHaveLength(2);
    await rig.transport.disconnect();
  });
});

describe("a data channel that takes nothing more", () => {
  async function full(): Promise<Rig> {
    const rig = await ready();
    FakePeerConnection.last.channel.full = true;
    return rig;
  }
  const raw = new RTVIMessage("client-message", { t: "raw", d: { type: "input_audio_buffer.commit" } }, "q1");

  it("has a request refused, and not answered", async () => {
    const rig = await full();
    rig.transport.sendMessage(raw);
    expect(rig.told.filter(({ id }) => id === "q1")).toMatchObject([
      { type: "error-response", data: { name: "CongestionError" } },
    ]);
    await rig.transport.disconnect();
  });

  it("has a text refused and taken back", async () => {
    const rig = await full();
    const text = (content: string) => new RTVIMessage("send-text", { content }, "m1");
    expect(() => rig.transport.sendMessage(text("lost"))).toThrow("refused");
    expect(rig.told.at(-1)).toMatchObject({ type: "error-response", id: "m1" });
    const append = new RTVIMessage("append-to-context", { role: "user", content: "lost" }, "m2");
    expect(() => rig.transport.sendMessage(append)).toThrow("refused");
    expect(rig.of("append-to-context-result")).toEqual([]);
    FakePeerConnection.last.channel.full = false;
    rig.transport.sendMessage(text("heard"));
    expect(sentTypes().slice(-2)).toEqual(["conversation.item.create", "response.create"]);
    FakePeerConnection.last.become("failed");
    await opened(2);
    greet();
    expect(JSON.stringify(sent())).not.toContain("lost");
    await rig.transport.disconnect();
  });

  it("has a tool's result refused, and the call cancelled", async () => {
    const rig = await ready();
    receive(...called);
    FakePeerConnection.last.channel.full = true;
    expect(() => rig.transport.sendMessage(result(1))).toThrow("refused");
    expect(rig.of("error-response")).toHaveLength(1);
    expect(rig.of("llm-function-call-stopped")).toMatchObject([{ data: { tool_call_id: "c1", cancelled: true } }]);
    FakePeerConnection.last.channel.full = false;
    FakePeerConnection.last.become("failed");
    await opened(2);
    greet();
    expect(JSON.stringify(sent())).not.toContain("c1");
    await rig.transport.disconnect();
    expect(rig.of("llm-function-call-stopped")).toHaveLength(1);
  });

  it("has settings refused, and an event of the app's own", async () => {
    const rig = await full();
    expect(() => rig.transport.updateSettings({ instructions: "new" })).toThrow("refused");
    expect(() => rig.transport.sendServiceEvent({ type: "x" })).toThrow("refused");
    expect(() => rig.transport.interrupt()).not.toThrow();
    await rig.transport.disconnect();
  });

  it("has what a callback sends refused through onMessageError", async () => {
    const rig = await ready();
    const told: RTVIMessage[] = [];
    vi.spyOn(rig.told, "push").mockImplementation((...messages) => {
      told.push(...messages);
      if (messages.some(({ type }) => type === "bot-llm-started")) rig.transport.sendMessage(raw);
      return told.length;
    });
    FakePeerConnection.last.channel.full = true;
    receive(server.created());
    expect(told.filter(({ id }) => id === "q1").map(({ type }) => type)).toEqual(["error-response"]);
    await rig.transport.disconnect();
  });

  it("has a message wait while it closes", async () => {
    const rig = await ready();
    FakePeerConnection.last.channel.readyState = "closing";
    rig.transport.sendMessage(new RTVIMessage("send-text", { content: "waits" }));
    expect(rig.of("error-response")).toEqual([]);
    FakePeerConnection.last.channel.dispatchEvent(new Event("closing"));
    await opened(2);
    greet();
    expect(JSON.stringify(sent())).toContain("waits");
    await rig.transport.disconnect();
  });
});

describe("the answer's body", () => {
  const bytes = new TextEncoder().encode("v=0");
  const cut = () => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(bytes),
      pull: (controller) => controller.error(new TypeError("terminated")),
    });
    return new Response(body, SDP);
  };

  it("may be cut on a redial: it is dialled again", async () => {
    let dials = 0;
    const rig = await ready({}, () => Promise.resolve((dials += 1) === 2 ? cut() : answered()));
    FakePeerConnection.last.become("failed");
    await opened(3);
    greet();
    expect(rig.transport.state).toBe("ready");
    await rig.transport.disconnect();
  });

  it("that is cut is a ConnectionFailedError", async () => {
    const rig = build({}, () => Promise.resolve(cut()));
    const attempt = rig.transport.connect();
    await expect(attempt).rejects.toMatchObject({ code: "connection-failed", retryable: true });
  });

  it.each([
    ["as its end does not come", {}],
    ["as it says itself", { "Content-Length": "300000" }],
  ])("is not read beyond what an answer may be, %s", async (_, headers) => {
    let read = 0;
    let cancelled = false;
    const pull = (controller: ReadableStreamDefaultController) => {
      read += 65_536;
      controller.enqueue(new Uint8Array(65_536).fill(97));
      if (read > 50_000_000) controller.close();
    };
    const body = new ReadableStream({ pull, cancel: () => void (cancelled = true) });
    const answer = new Response(body, { ...SDP, headers: { ...SDP.headers, ...headers } });
    const rig = build({}, () => Promise.resolve(answer));
    await expect(rig.transport.connect()).rejects.toMatchObject({ code: "protocol-error", retryable: true });
    expect(read).toBeLessThan(1_000_000);
    expect(cancelled).toBe(true);
  });

  const failing = (status: number, contentType?: string) => {
    const pull = (controller: ReadableStreamDefaultController) => controller.error(new TypeError("terminated"));
    const headers = contentType === undefined ? {} : { "Content-Type": contentType };
    return new Response(new ReadableStream({ pull }), { status, headers });
  };
  const json = (status: number, value: unknown, type = "application/json") =>
    new Response(JSON.stringify(value), { status, headers: { "Content-Type": type } });

  it.each<[string, () => Response, object]>([
    ["no content", () => new Response(null, { status: 204 }), { code: "protocol-error" }],
    [
      "an error in a list",
      () => json(400, [{ error: { message: "No such voice." } }]),
      { status: 400, message: /No such voice/ },
    ],
    ["an error that is a text", () => json(400, "No such voice."), { status: 400, message: /No such voice/ }],
    [
      "JSON that says it is text",
      () => json(401, { error: "No such key." }, "text/plain"),
      { status: 401, message: /No such key/ },
    ],
    ["plain text", () => new Response("No such voice.", { status: 400 }), { status: 400, message: /No such voice/ }],
    [
      "a page",
      () => new Response("<!doctype html><p>No such voice.", { status: 400 }),
      { status: 400, message: /HTTP 400(?!.*voice)/ },
    ],
    [
      "an error in an answer that is no failure",
      () => json(200, { error: { message: "No such voice.", code: "bad" } }),
      { code: "service-error", serviceCode: "bad", message: /No such voice/ },
    ],
    [
      "JSON that lies too deep",
      () => new Response("[".repeat(60_000) + "]".repeat(60_000), { status: 401 }),
      { code: "unauthorized", status: 401 },
    ],
    ["a refusal that is cut", () => failing(401), { code: "unauthorized", status: 401, retryable: false }],
    ["an overload that is cut", () => failing(503), { code: "service-error", status: 503, retryable: true }],
  ])("may be %s: the service's own words count", async (_what, answer, { message, ...facts }: { message?: RegExp }) => {
    const rig = build({}, () => Promise.resolve(answer()));
    const error: unknown = await rig.transport.connect().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(facts);
    if (message !== undefined) expect(String(error)).toMatch(message);
  });

  it("may begin with a line that is empty", async () => {
    const rig = await ready({}, () => Promise.resolve(new Response("\r\nv=0 answer", SDP)));
    expect(rig.transport.state).toBe("ready");
    await rig.transport.disconnect();
  });

  it.each([
    ["an error", (key: string) => new TypeError(`Invalid header: Bearer ${key}`)],
    ["its cause", (key: string) => new TypeError("fetch failed", { cause: new Error(`bad ${key}`) })],
    ["one of several", (key: string) => new AggregateError([new Error(`bad ${key}`)], "failed")],
    ["an error of the browser", (key: string) => new DOMException(`Bearer ${key} is no header`, "SyntaxError")],
  ])("may never come, and %s of the app's own fetch quote the key: it is not passed on", async (_what, thrown) => {
    const key = canary("ek_");
    const rig = build({ api_key: key }, () => Promise.reject(thrown(key)));
    const error: unknown = await rig.transport.connect().catch((rejected: unknown) => rejected);
    expect(error).toMatchObject({ code: "connection-failed", cause: expect.anything() as unknown });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(key);
    await rig.transport.disconnect();
  });

  it.each([null, undefined])("may be %s, where a fetch of the app's own knows no streams", async (body) => {
    const answer = Object.defineProperty(answered(), "body", { value: body });
    const rig = await ready({}, () => Promise.resolve(answer));
    expect(rig.transport.state).toBe("ready");
    await rig.transport.disconnect();
  });
});
