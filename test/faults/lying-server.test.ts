import { afterEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { Frame as PipecatFrame } from "../../src/codec/pipecat/frames.js";
import { wrongTypes } from "../../packages/testkit/src/faults/catalogue/nonsense.js";
import type { LiarProtocol } from "../../packages/testkit/src/faults/liars/liar-protocol.js";
import { LyingServer } from "../../packages/testkit/src/faults/liars/lying-server.js";
import { geminiLiar } from "../../packages/testkit/src/faults/liars/protocols/gemini.js";
import { openAiLiar } from "../../packages/testkit/src/faults/liars/protocols/openai.js";
import { pipecatLiar } from "../../packages/testkit/src/faults/liars/protocols/pipecat.js";

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** How an app of each protocol sets a session up, writes a text, and sends sound. */
const APPS: readonly {
  readonly protocol: LiarProtocol;
  readonly dial: (url: string) => WebSocket;
  readonly setUp: string | Uint8Array;
  readonly write: (text: string) => readonly (string | Uint8Array)[];
  readonly sound: string | Uint8Array;
}[] = [
  {
    protocol: openAiLiar,
    dial: (url) => new WebSocket(url, ["realtime", "openai-insecure-api-key.sk-1"]),
    setUp: JSON.stringify({ type: "session.update", session: { type: "realtime" } }),
    write: (text) => [
      JSON.stringify({
        type: "conversation.item.create",
        item: { type: "message", role: "user", content: [{ type: "input_text", text }] },
      }),
      JSON.stringify({ type: "response.create" }),
    ],
    sound: JSON.stringify({ type: "input_audio_buffer.append", audio: "AAAA" }),
  },
  {
    protocol: geminiLiar,
    dial: (url) => new WebSocket(`${url}?key=sk-1`),
    setUp: JSON.stringify({ setup: { model: "models/x" } }),
    write: (text) => [
      JSON.stringify({ clientContent: { turns: [{ role: "user", parts: [{ text }] }], turnComplete: true } }),
    ],
    sound: JSON.stringify({ realtimeInput: { audio: { data: "AAAA", mimeType: "audio/pcm;rate=16000" } } }),
  },
  {
    protocol: pipecatLiar,
    dial: (url) => new WebSocket(`${url}?token=sk-1`),
    setUp: pipecatMessage("client-ready", { version: "2.1.0" }),
    write: (text) => [pipecatMessage("send-text", { content: text })],
    sound: PipecatFrame.encode({
      frame: {
        $case: "audio",
        value: { id: 0n, name: "audio", audio: new Uint8Array(8), sampleRate: 16_000, numChannels: 1 },
      },
    }).finish(),
  },
];

function pipecatMessage(type: string, data: object): Uint8Array {
  const value = { data: JSON.stringify({ label: "rtvi-ai", type, id: "1", data }) };
  return PipecatFrame.encode({ frame: { $case: "message", value } }).finish();
}

async function connected({ protocol, dial }: (typeof APPS)[number]) {
  const server = await LyingServer.start(protocol);
  closing.push(() => server.close());
  const socket = dial(server.url);
  closing.push(() => socket.terminate());
  const heard: string[] = [];
  socket.on("message", (data: Buffer) => heard.push(data.toString("latin1")));
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  return { server, socket, heard };
}

describe.each(APPS)("LyingServer, $protocol.name", (app) => {
  const { protocol, setUp, write, sound } = app;

  it("is honest unless told otherwise: it opens, and answers a text", async () => {
    const { server, socket, heard } = await connected(app);
    socket.send(setUp);
    socket.send(sound);
    for (const frame of write("hello")) socket.send(frame);
    await vi.waitFor(() => {
      expect(heard.some((frame) => frame.includes("You said: hello"))).toBe(true);
    });
    const turn = protocol.turn("", "0");
    const frames = [protocol.welcome(), protocol.ready(), turn.begin, turn.middle, turn.end].flat();
    await vi.waitFor(() => {
      expect(heard).toHaveLength(frames.length);
    });
    expect(server.texts).toEqual(["hello"]);
    expect(server.line.credential).toBe("sk-1");
  });

  it("reads what an app says", () => {
    const read = (frame: string | Uint8Array) => protocol.read(Buffer.from(frame), typeof frame !== "string");
    expect(read(setUp)).toEqual({ kind: "setup" });
    expect(read(sound)).toMatchObject({ kind: "sound" });
    expect(read(write("hi")[0]!)).toEqual({ kind: "text", text: "hi" });
    expect(read(protocol.unknown())).toEqual({ kind: "other" });
  });

  it("lies as it is told, and is honest again", async () => {
    const { server, socket, heard } = await connected(app);
    server.lie = { ready: () => undefined, turn: (line) => line.close(4321, "enough") };
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.send(setUp);
    for (const frame of write("hello")) socket.send(frame);
    expect(await closed).toBe(4321);
    expect(heard).toHaveLength(protocol.welcome().length);
    await vi.waitFor(() => {
      expect(server.lines).toEqual([]);
    });
  });

  it("refuses handshakes in words of its own", async () => {
    const { server } = await connected(app);
    server.lie = { upgrade: (socket) => socket.end("HTTP/1.1 418 Teapot\r\n\r\n") };
    const refused = app.dial(server.url);
    const message = await new Promise((resolve) => refused.once("error", ({ message: said }) => resolve(said)));
    expect(message).toContain("418");
    expect(server.handshakes).toBe(2);
  });

  it("makes of a message every message that is wrong in one place", () => {
    const [frame] = protocol.turn("words", "0").end;
    const original = JSON.stringify(protocol.decode(frame!));
    const wrong = wrongTypes(protocol, frame!).map((each) => JSON.stringify(protocol.decode(each)));
    expect(wrong.length).toBeGreaterThan(10);
    expect(new Set(wrong).size).toBeGreaterThan(10);
    expect(wrong).not.toContain(original);
  });
});
