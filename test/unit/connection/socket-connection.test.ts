import { beforeEach, describe, expect, it, vi } from "vitest";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../../packages/testkit/src/scripted/fake-web-socket.js";
import { openSocketConnection, socketConstructor } from "../../../src/connection/socket-connection.js";
import { ConnectionFailedError, ConnectionLostError, UnsupportedEnvironmentError } from "../../../src/errors.js";

beforeEach(() => {
  FakeWebSocket.all.length = 0;
});

/** Opens a connection and writes down what is reported of it. */
function dial(admits: (data: string | ArrayBuffer) => boolean = () => true) {
  const heard: string[] = [];
  openSocketConnection({
    url: "wss://voice.example/v1",
    WebSocket: FakeWebSocketConstructor,
    signal: new AbortController().signal,
    up: {
      opened: () => heard.push("opened"),
      admits,
      received: (message) => heard.push(`received ${String(message)}`),
      effects: () => undefined,
      track: () => undefined,
      peer: () => undefined,
      closed: ({ message }) => heard.push(`closed: ${message}`),
    },
    encodeAudio: () => undefined,
    closed: (code) => new ConnectionLostError(`lost with ${code}`, { retryable: true }),
    refused: (code) => new ConnectionFailedError(`refused with ${code}`),
  });
  return { heard, socket: FakeWebSocket.last };
}

describe("socket connection: what becomes of it", () => {
  it("is opened once, also where the service speaks in the moment of the opening", async () => {
    const { heard, socket } = dial();
    socket.open();
    socket.message("first");
    expect(heard).toEqual(["opened", "received first"]);
    await Promise.resolve();
    socket.message("second");
    expect(heard).toEqual(["opened", "received first", "received second"]);
  });

  it("reads nothing that is not admitted", async () => {
    const { heard, socket } = dial((data) => data !== "too much");
    socket.open();
    await vi.waitFor(() => expect(heard).toEqual(["opened"]));
    for (const data of ["too much", "enough"]) socket.message(data);
    expect(heard).toEqual(["opened", "received enough"]);
  });

  it("reports a close before the opening and one after it, each in its words and with the host", async () => {
    const refused = dial();
    refused.socket.drop(1006);
    await vi.waitFor(() => expect(refused.heard).toHaveLength(1));
    expect(refused.heard[0]).toMatch(/^closed: refused with 1006.*voice\.example/);

    const lost = dial();
    lost.socket.open();
    await vi.waitFor(() => expect(lost.heard).toEqual(["opened"]));
    lost.socket.drop(1011);
    expect(lost.heard[1]).toMatch(/^closed: lost with 1011.*voice\.example/);
  });
});

describe("socket connection: the constructor", () => {
  it("is the given one, or else the page's", () => {
    expect(socketConstructor(FakeWebSocketConstructor)).toBe(FakeWebSocketConstructor);
    vi.stubGlobal("WebSocket", FakeWebSocketConstructor);
    expect(socketConstructor(undefined)).toBe(FakeWebSocketConstructor);
    vi.unstubAllGlobals();
  });

  it("names the option where there is none", () => {
    vi.stubGlobal("WebSocket", undefined);
    expect(() => socketConstructor(undefined, "options.Socket")).toThrow(UnsupportedEnvironmentError);
    expect(() => socketConstructor(undefined, "options.Socket")).toThrow("options.Socket");
    vi.unstubAllGlobals();
  });
});
