import { inspect } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import { KeyRing } from "../../packages/local-service/src/auth.js";
import { CONVERSATION_LIMITS, dropOldest } from "../../packages/local-service/src/bounded-list.js";
import { BoundedMemory } from "../../packages/local-service/src/bounded-memory.js";
import { TurnFinder } from "../../packages/local-service/src/bot/turn-finder.js";
import { EventLog } from "../../packages/local-service/src/event-log.js";
import { AuthTokens } from "../../packages/local-service/src/gemini/auth-tokens.js";
import { Handles } from "../../packages/local-service/src/gemini/handles.js";
import { Conversation } from "../../packages/local-service/src/openai/conversation.js";
import type { MessageItem } from "../../packages/local-service/src/openai/items.js";
import { ChatContext } from "../../packages/local-service/src/pipecat/chat-context.js";
import { StartedSessions } from "../../packages/local-service/src/pipecat/started-sessions.js";
import { msToBytes } from "../../packages/local-service/src/audio/pcm.js";
import { speech } from "../../packages/testkit/src/audio/speech.js";
import { GeminiClient } from "../../packages/testkit/src/clients/gemini-client.js";
import { RawClient } from "../../packages/testkit/src/clients/raw-client.js";
import { canary } from "../../packages/testkit/src/secrets/secrets.js";
import { withService } from "../../packages/testkit/src/worlds/with-service.js";
import { start } from "./pipecat/support.js";

afterEach(() => void vi.useRealTimers());

const MB = 1024 * 1024;

describe("limits of what is remembered", () => {
  it("limits: a memory forgets the oldest beyond its number, its bytes and its time", () => {
    vi.useFakeTimers();
    const memory = new BoundedMemory<string>({ most: 3, mostBytes: 100, lifeMs: 1000 });
    for (const key of ["a", "b", "c", "d"]) memory.set(key, key, 10);
    expect([memory.get("a"), memory.get("b"), memory.size, memory.bytes]).toEqual([undefined, "b", 3, 30]);
    memory.set("b", "again", 10);
    memory.set("e", "e", 85);
    expect([memory.get("c"), memory.get("d"), memory.get("b"), memory.bytes]).toEqual([
      undefined,
      undefined,
      "again",
      95,
    ]);
    vi.advanceTimersByTime(999);
    memory.set("f", "f", 1, 5000);
    expect(memory.size).toBe(3);
    vi.advanceTimersByTime(1);
    expect([memory.size, memory.bytes, memory.get("f")]).toEqual([1, 1, "f"]);
  });

  it("limits: a list drops its oldest beyond its number and its bytes, never its newest", () => {
    const list = [10, 20, 30, 40];
    expect(dropOldest(list, (bytes) => bytes, { most: 3, mostBytes: 75 })).toBe(2);
    expect(list).toEqual([30, 40]);
    expect(dropOldest(list, (bytes) => bytes, { most: 3, mostBytes: 1 })).toBe(1);
    expect(list).toEqual([40]);
    expect(dropOldest([], () => 1, { most: 0, mostBytes: 0 })).toBe(0);
  });

  it("limits: started sessions are forgotten beyond 1000, 128 MiB, and 300 s", () => {
    vi.useFakeTimers();
    const sessions = new StartedSessions();
    const first = sessions.start({}, true);
    for (let count = 0; count < 1000; count += 1) sessions.start({}, true);
    expect(sessions.held.sessions).toBe(1000);
    expect(sessions.start({}, true, first.id)).not.toBe(first);
    const body = { text: "x".repeat(MB) };
    for (let count = 0; count < 200; count += 1) sessions.start(body, true);
    expect(sessions.held.bytes).toBeGreaterThan(100 * MB);
    expect(sessions.held.bytes).toBeLessThanOrEqual(128 * MB);
    vi.advanceTimersByTime(300_000);
    expect(sessions.held).toEqual({ sessions: 0, bytes: 0 });
  });

  it("limits: a session that was talked in counts with what was said", () => {
    const sessions = new StartedSessions({ most: 10, mostBytes: 1000, lifeMs: 1000 });
    const talked = sessions.start({}, true);
    talked.context.userSaid("x".repeat(2000));
    sessions.keep(talked);
    expect(sessions.held).toEqual({ sessions: 0, bytes: 0 });
  });

  it("limits: tokens of sessions that are forgotten open nothing", () => {
    const sessions = new StartedSessions({ most: 2, mostBytes: 1000, lifeMs: 1000 });
    const token = sessions.issueToken(sessions.start({}, false));
    sessions.start({}, false);
    sessions.start({}, false);
    expect(sessions.redeem(token)).toBeUndefined();
  });

  it("limits: client secrets and Gemini's tokens are forgotten beyond 1000 and 8 MiB", () => {
    const [keys, tokens] = [new KeyRing(undefined), new AuthTokens()];
    const [secret, token] = [keys.issue(7200, {}).value, tokens.mint({})];
    for (let count = 0; count < 1000; count += 1) {
      keys.issue(7200, {});
      tokens.mint({});
    }
    expect([keys.held.secrets, tokens.held.tokens]).toEqual([1000, 1000]);
    expect(keys.check(secret)).toEqual({ kind: "refused", reason: "wrong" });
    expect(tokens.admit(token)).toBeUndefined();
    const text = "x".repeat(MB / 2);
    for (let count = 0; count < 30; count += 1) {
      keys.issue(7200, { instructions: text });
      tokens.mint({ bidiGenerateContentSetup: { model: text } });
    }
    for (const { bytes } of [keys.held, tokens.held]) {
      expect(bytes).toBeGreaterThan(7 * MB);
      expect(bytes).toBeLessThanOrEqual(8 * MB);
    }
  });

  it("limits: client secrets and Gemini's tokens are forgotten a minute after their end", () => {
    vi.useFakeTimers();
    const [keys, tokens] = [new KeyRing(undefined), new AuthTokens()];
    keys.issue(60, {});
    tokens.mint({});
    vi.advanceTimersByTime(31 * 60_000);
    expect([keys.held, tokens.held]).toEqual([
      { secrets: 0, bytes: 0 },
      { tokens: 0, bytes: 0 },
    ]);
  });

  it("limits: resumption handles are forgotten beyond their bytes", () => {
    const handles = new Handles(60_000, 1000);
    const snapshot = {
      model: "m",
      turnsTaken: 0,
      contents: [{ role: "user" as const, parts: [{ kind: "text" as const, text: "x".repeat(400) }] }],
    };
    const [first, second, third] = [handles.keep(snapshot), handles.keep(snapshot), handles.keep(snapshot)];
    expect([handles.find(first), handles.find(second), handles.find(third)]).toEqual([undefined, snapshot, snapshot]);
  });
});

const said = (id: string, pcm = Buffer.alloc(0)): MessageItem => {
  return {
    type: "message",
    id,
    role: "user",
    status: "completed",
    content: [{ type: "input_audio", pcm, transcript: null }],
  };
};

describe("limits of a conversation", () => {
  it("limits: OpenAI's forgets the beginning beyond 1000 items and 64 MiB", () => {
    const conversation = new Conversation();
    for (let count = 0; count < 1001; count += 1) conversation.append(said(`item ${String(count)}`));
    expect(conversation.items).toHaveLength(1000);
    expect(conversation.find("item 0")).toBeUndefined();
    for (let count = 0; count < 9; count += 1)
      conversation.insert(said(`large ${String(count)}`, Buffer.alloc(10 * MB)), undefined);
    expect(conversation.items.map(({ id }) => id)).toEqual([3, 4, 5, 6, 7, 8].map((count) => `large ${String(count)}`));
  });

  it("limits: a Pipecat bot's forgets the beginning beyond 1000 messages and its bytes", () => {
    const context = new ChatContext();
    context.append(Array.from({ length: 2000 }, (_, count) => ({ role: "user", content: `text ${String(count)}` })));
    expect(context.messages).toHaveLength(1000);
    expect(context.messages[0]?.content).toBe("text 1000");
    context.set(Array.from({ length: 2000 }, () => ({ role: "user", content: "" })));
    expect(context.messages).toHaveLength(1000);
    const small = new ChatContext({ most: 1000, mostBytes: 1000 });
    for (let count = 0; count < 5; count += 1) small.userSaid("", Buffer.alloc(400));
    expect(small.messages).toHaveLength(2);
    expect(small.bytes).toBeLessThanOrEqual(1000);
  });

  it("limits: Gemini's forgets the beginning beyond 1000 turns, and goes on", async () => {
    const service = await withService();
    const client = await GeminiClient.start(service);
    const turns = Array.from({ length: 1200 }, (_, count) => ({
      role: "user",
      parts: [{ text: `turn ${String(count)}` }],
    }));
    for (let time = 0; time < 2; time += 1) {
      const from = client.messages.length;
      client.send({ clientContent: { turns, turnComplete: true } });
      await client.next("turnComplete", from);
    }
    expect(service.sessions[0]?.items.length).toBeLessThanOrEqual(CONVERSATION_LIMITS.most);
    expect(JSON.stringify(service.sessions[0]?.items)).toContain("turn 1199");
  });

  it("limits: of the texts of an activity that does not end, Gemini keeps the last 1000", async () => {
    const service = await withService();
    const manual = { realtimeInputConfig: { automaticActivityDetection: { disabled: true } } };
    const client = await GeminiClient.start(service, manual);
    client.send({ realtimeInput: { activityStart: {} } });
    for (let count = 0; count < 1200; count += 1) client.send({ realtimeInput: { text: `text ${String(count)}` } });
    client.send({ realtimeInput: { activityEnd: {} } });
    await client.next("turnComplete");
    const { parts } = service.sessions[0]!.items[0] as { parts: readonly { text: string }[] };
    expect(parts).toHaveLength(1000);
    expect(parts.at(-1)).toEqual({ text: "text 1199" });
  });

  it("limits: of a turn that does not end, ten minutes are kept", () => {
    const turns: string[] = [];
    const finder = new TurnFinder(({ type }) => void turns.push(type));
    finder.configure({ threshold: 0.5, silenceMs: 500, prefixMs: 300 });
    const loud = Buffer.from(
      Int16Array.from({ length: msToBytes(10_000) / 2 }, (_, at) => (at % 48 < 24 ? 9000 : -9000)).buffer,
    );
    for (let count = 0; count < 70; count += 1) finder.push(loud);
    expect(turns).toEqual(["started"]);
    expect(finder.receivedMs).toBe(700_000);
    expect(finder.waitingMs).toBeLessThanOrEqual(610_000);
  });

  it("limits: the log keeps 200 characters of what a client calls its events", () => {
    const log = new EventLog();
    const long = "x".repeat(MB);
    log.add("s", "in", { type: long, itemId: long, responseId: long, code: long, ms: 1 });
    const kept = "x".repeat(200);
    expect(log.events).toEqual([
      expect.objectContaining({ type: kept, itemId: kept, responseId: kept, code: kept, ms: 1 }),
    ]);
  });
});

describe("credentials of the local service", () => {
  it("credentials: neither console.log nor JSON of a service shows one", async () => {
    const key = canary("sk-secret-");
    const service = await withService({ keys: [key] });
    const minted = await fetch(`${service.url}/v1/realtime/client_secrets`, {
      method: "POST",
      headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
      body: "{}",
    });
    const { value } = (await minted.json()) as { value: string };
    const client = await RawClient.open(service.wsUrl, value);
    client.speak(speech(), 0);
    const { token } = await start(service);
    await client.event("session.created");
    const shown = [
      inspect(service, { depth: Infinity, showHidden: true, getters: true, showProxy: true }),
      JSON.stringify(service),
      ...service.sessions.map((session) => inspect(session, { depth: Infinity, showHidden: true, getters: true })),
    ];
    expect(shown).toHaveLength(3);
    for (const text of shown) {
      for (const secret of [key, value, String(token)]) expect(text).not.toContain(secret);
    }
  });
});
