import { readFile } from "node:fs/promises";
import { PipecatClient, RTVIEvent } from "@pipecat-ai/client-js";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { WebSocket, WebSocketServer, type WebSocket as Socket } from "ws";
import type { WebSocketConstructor } from "../../src/index.js";
import { ScriptedMediaManager } from "../../src/testing/index.js";
import { canary } from "../../packages/testkit/src/secrets/secrets.js";
import { silent } from "../../packages/testkit/src/worlds/world.js";
import { EchoTransport } from "../../examples/own-provider/src/echo-provider.js";

const BOT_READY: string = RTVIEvent.BotReady;
const SOUND = new Int16Array(2400).fill(1000).buffer;

interface Heard {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** The Echo service: it says in words and sound what it is told. */
async function echoService() {
  const server = new WebSocketServer({ port: 0, handleProtocols: () => "echo" });
  const heard: Heard[] = [];
  const protocols: string[] = [];
  let line: Socket | undefined;
  server.on("connection", (socket, request) => {
    line = socket;
    protocols.push(String(request.headers["sec-websocket-protocol"]));
    const say = (event: object): void => socket.send(JSON.stringify(event));
    socket.on("message", (data, isBinary) => {
      if (isBinary) {
        heard.push({ type: "sound" });
        return;
      }
      const event = JSON.parse((data as Buffer).toString()) as Heard;
      heard.push(event);
      if (event.type === "hello") say({ type: "ready", resumed: event.resuming });
      if (event.type !== "say") return;
      say({ type: "reply", id: "r1" });
      say({ type: "words", text: event.text });
      socket.send(Buffer.from(SOUND));
    });
  });
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { readonly port: number };
  return {
    url: `ws://127.0.0.1:${port}`,
    heard,
    protocols,
    say: (event: object) => line?.send(JSON.stringify(event)),
    drop: () => line?.terminate(),
    refuse: () => line?.close(4001, "it is over"),
  };
}

async function session() {
  const service = await echoService();
  const token = vi.fn(() => Promise.resolve(canary("echo-")));
  const manager = new ScriptedMediaManager();
  const transport = new EchoTransport({ url: service.url, token }, manager, {
    WebSocket: WebSocket as unknown as WebSocketConstructor,
    reconnect: { base: 1, cap: 5 },
    logger: silent,
  });
  const told: string[] = [];
  const client = new PipecatClient({ transport });
  for (const event of [
    RTVIEvent.BotReady,
    RTVIEvent.BotStartedSpeaking,
    RTVIEvent.BotStoppedSpeaking,
    RTVIEvent.UserStartedSpeaking,
    RTVIEvent.UserStoppedSpeaking,
  ]) {
    client.on(event, () => told.push(event));
  }
  client.on(RTVIEvent.Error, () => undefined);
  client.on(RTVIEvent.BotLlmText, ({ text }) => told.push(text));
  await client.connect();
  onTestFinished(() => client.disconnect());
  return { client, service, manager, told, token };
}

function began({ speaker }: ScriptedMediaManager): void {
  const item = { itemId: "r1", playedSamples: 480, receivedSamples: 2400, sampleRate: 24_000 };
  speaker.report({ type: "began", item });
}

describe("writing a provider: the sample", () => {
  it("is the one that the document shows", async () => {
    const [document, source] = await Promise.all([
      readFile("docs/writing-a-provider.md", "utf8"),
      readFile("examples/own-provider/src/echo-provider.ts", "utf8"),
    ]);
    const shown = /```ts\n([\s\S]*?)```/.exec(document)?.[1];
    expect(shown).toBe(source);
  });

  it("connects, and answers a text in words and sound", async () => {
    const { client, service, manager, told } = await session();
    expect(client.state).toBe("ready");
    expect(service.protocols[0]).toMatch(/^echo,token\.echo-/);
    await client.sendText("hello");
    await vi.waitFor(() => expect(manager.speaker.queue).toHaveLength(1));
    began(manager);
    expect(told).toEqual([RTVIEvent.BotReady, "hello", RTVIEvent.BotStartedSpeaking]);
  });

  it("sends what the microphone hears", async () => {
    const { service, manager } = await session();
    manager.say(new Int16Array(480).buffer);
    await vi.waitFor(() => expect(service.heard).toContainEqual({ type: "sound" }));
  });

  it("is interrupted by the user, and tells the service how much was heard", async () => {
    const { client, service, manager, told } = await session();
    await client.sendText("hello");
    await vi.waitFor(() => expect(manager.speaker.queue).toHaveLength(1));
    began(manager);
    service.say({ type: "user", speaking: true });
    await vi.waitFor(() => expect(service.heard).toContainEqual({ type: "heard", id: "r1", ms: 20 }));
    expect(service.heard).toContainEqual({ type: "stop" });
    expect(manager.speaker.queue).toEqual([]);
    expect(told).toContain(RTVIEvent.UserStartedSpeaking);
    expect(told).toContain(RTVIEvent.BotStoppedSpeaking);
  });

  it("comes back after a loss with a new token, and the bot is the same", async () => {
    const { client, service, told, token } = await session();
    service.drop();
    await vi.waitFor(() => expect(service.heard).toContainEqual({ type: "hello", resuming: true }));
    await vi.waitFor(() => expect(client.state).toBe("ready"));
    expect(token).toHaveBeenCalledTimes(2);
    expect(told.filter((event) => event === BOT_READY)).toHaveLength(1);
  });

  it("ends when the token is not taken", async () => {
    const { client, service } = await session();
    service.refuse();
    await vi.waitFor(() => expect(client.state).toBe("disconnected"));
  });
});
