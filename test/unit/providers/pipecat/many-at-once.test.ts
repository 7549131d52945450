import { LogLevel, PipecatClient } from "@pipecat-ai/client-js";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocketTransport } from "../../../../src/providers/pipecat/index.js";
import { RTVIServices } from "../../../../src/services/index.js";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../../../packages/testkit/src/scripted/fake-web-socket.js";
import { silent } from "../../../../packages/testkit/src/worlds/world.js";
import { bot, dialled, RecordingMedia, sentMessages, turn } from "./rig.js";

// client-js asks the window for the browser's name, without asking first whether there is one.
Object.assign(globalThis, { window: Object.assign(new EventTarget(), { navigator: { onLine: true } }) });

/** How a session ends, or does not, under requests that are not answered. */
const ENDS: Readonly<Record<string, (client: PipecatClient) => unknown>> = {
  "the connection is lost, and comes back": async () => {
    FakeWebSocket.last.drop(1006);
    const socket = await dialled(2);
    socket.open();
    await turn();
    socket.message(bot.rtvi("bot-ready", { version: "1.0.0" }));
  },
  "the server ends the session": () => FakeWebSocket.last.drop(1000),
  "the app disconnects": (client) => {
    const gone = client.disconnect();
    FakeWebSocket.last.drop(1000, "", true);
    return gone;
  },
  "the connection is lost, and the app disconnects": (client) => {
    FakeWebSocket.last.drop(1006);
    return client.disconnect();
  },
};

/** The name of an error, or of the one that a message of client-js holds. */
const nameOf = (rejection: unknown): unknown => {
  const { data, name } = rejection as { readonly data?: { readonly name?: unknown }; readonly name?: unknown };
  return data?.name ?? name;
};
const outcomeOf = (request: Promise<unknown>): Promise<unknown> => request.then(() => "answered", nameOf);

describe("many requests at once", () => {
  it.each(Object.keys(ENDS))("requests: each settles, with an error that says why, when %s", async (end) => {
    FakeWebSocket.all.length = 0;
    const options = { WebSocket: FakeWebSocketConstructor, reconnect: { base: 1, cap: 1 }, logger: silent };
    const transport = new WebSocketTransport({ wsUrl: "ws://bot.test/ws" }, new RecordingMedia(), options);
    const client = new PipecatClient({ transport, callbacks: { onMessageError: () => undefined } });
    client.setLogLevel(LogLevel.NONE);
    const services = new RTVIServices(client, { logger: silent });
    onTestFinished(() => services.close());
    const connecting = client.connect();
    (await dialled()).open();
    await turn();
    FakeWebSocket.last.message(bot.rtvi("bot-ready", { version: "1.0.0" }, sentMessages()[0]?.id));
    await connecting;

    const many = (count: number, ask: () => Promise<unknown>): Promise<unknown[]> =>
      Promise.all(Array.from({ length: count }, () => outcomeOf(ask())));
    const actions = many(60, () => services.action({ service: "tts", action: "say", arguments: [] }));
    const requests = many(20, () => client.sendClientRequest("order", { item: "tea" }));
    await ENDS[end]?.(client);
    const [ofActions, ofRequests] = await Promise.all([actions, requests]);
    expect([...new Set(ofActions)]).toEqual(["ConnectionLostError"]);
    expect([...new Set(ofRequests)]).toEqual(["ConnectionLostError"]);
    await client.disconnect();
  });
});
