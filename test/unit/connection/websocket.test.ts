import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  ConnectionAbortedError,
  ConnectionFailedError,
  ConnectTimeoutError,
  NotReadyError,
  UnsupportedEnvironmentError,
} from "../../../src/errors.js";
import { openWebSocket } from "../../../src/connection/websocket.js";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../../packages/testkit/src/scripted/fake-web-socket.js";

const request = () => ({
  url: "ws://127.0.0.1/v1/realtime?model=m",
  protocols: [],
  WebSocket: FakeWebSocketConstructor,
  signal: new AbortController().signal,
  encodeAudio: (pcm: ArrayBuffer) => (pcm.byteLength === 0 ? undefined : `audio ${pcm.byteLength}`),
  onMessage: () => undefined,
  onClose: () => undefined,
  onUnreadable: () => undefined,
  refused: (code: number, reason: string) => new ConnectionFailedError(`refused: ${code} ${reason}`),
});

interface Overrides {
  signal?: AbortSignal;
  protocols?: string[];
  onUnreadable?: (error: Error) => void;
}

function dial(overrides: Overrides = {}) {
  const messages: (string | ArrayBuffer)[] = [];
  const closes: [number, string][] = [];
  const promise = openWebSocket({
    ...request(),
    onMessage: (data) => messages.push(data),
    onClose: (...close) => void closes.push(close),
    ...overrides,
  });
  promise.catch(() => undefined);
  return { promise, messages, closes, socket: FakeWebSocket.last };
}

async function dialled(overrides: Overrides = {}) {
  const call = dial(overrides);
  call.socket.open();
  return { ...call, handle: await call.promise };
}

beforeEach(() => {
  FakeWebSocket.all.length = 0;
});

describe("openWebSocket", () => {
  it("offers the subprotocols and asks for ArrayBuffers", async () => {
    const { socket, promise } = dial({ protocols: ["realtime", "x"] });
    expect(socket.protocols).toEqual(["realtime", "x"]);
    expect(socket.binaryType).toBe("arraybuffer");
    socket.open();
    await expect(promise).resolves.toBeDefined();
  });

  it("hands on text and binary messages, views of a buffer among them", async () => {
    const { socket, messages } = await dialled();
    const bytes = new Uint8Array([0, 1, 2, 3]);
    socket.message("a");
    socket.message(bytes.buffer);
    socket.message(bytes.subarray(1, 3));
    expect(messages).toEqual(["a", bytes.buffer, new Uint8Array([1, 2]).buffer]);
  });

  it.each([
    ["Blob", new Blob(["{}"])],
    ["Number", 42],
  ])("ends a connection whose messages cannot be read: %s", async (kind, message) => {
    const onUnreadable = vi.fn<(error: Error) => void>();
    const { socket, messages, closes, handle } = await dialled({ onUnreadable });
    socket.message(message);
    socket.message("{}");
    expect(onUnreadable.mock.calls).toEqual([[expect.any(UnsupportedEnvironmentError)]]);
    expect(String(onUnreadable.mock.calls[0]?.[0])).toContain(`a message as ${kind}`);
    expect([messages, handle.isOpen]).toEqual([[], false]);
    expect(socket.closeCalls).toMatchObject([{ code: 1000 }]);
    socket.drop(1000);
    expect(closes).toEqual([]);
  });

  it("passes a message that arrives in the same tick as the opening", async () => {
    const { socket, messages, promise } = dial();
    socket.open();
    socket.message("first");
    await promise;
    expect(messages).toEqual(["first"]);
  });

  it("sends while open, and tells the bytes that wait", async () => {
    const { socket, handle } = await dialled();
    handle.sendEncoded("hello");
    socket.bufferedAmount = 17;
    expect(socket.sent).toEqual(["hello"]);
    expect(handle.bufferedAmount).toBe(17);
    expect(handle.isOpen).toBe(true);
    socket.readyState = 2;
    expect(handle.isOpen).toBe(false);
  });

  it("reports the end of an open socket once, and leaves no listener", async () => {
    const { socket, closes } = await dialled();
    socket.emit("error");
    socket.drop(1011, "oops");
    socket.drop(1011, "oops");
    expect(closes).toEqual([[1011, "oops"]]);
    expect(socket.listenerCount).toBe(0);
  });

  it("refuses to send on a socket that is not open", async () => {
    const { socket, handle } = await dialled();
    socket.readyState = 2;
    expect(() => handle.sendEncoded("late")).toThrow(NotReadyError);
    socket.drop();
    expect(() => handle.sendEncoded("late")).toThrow(NotReadyError);
    expect(socket.sent).toEqual([]);
  });

  it("closes with 1000, once, drops what still arrives, and reports the end", async () => {
    const { socket, handle, messages, closes } = await dialled();
    handle.close();
    handle.close();
    socket.message("too late");
    expect(socket.closeCalls).toEqual([{ code: 1000, reason: "" }]);
    expect(messages).toEqual([]);
    socket.drop(1000, "", true);
    expect(closes).toEqual([[1000, ""]]);
    expect(socket.listenerCount).toBe(0);
  });

  it("rejects with what a close before the opening means", async () => {
    const { socket, promise, closes } = dial();
    socket.emit("error");
    socket.drop(1013, "no room");
    await expect(promise).rejects.toThrow("refused: 1013 no room");
    expect(closes).toEqual([]);
    expect(socket.listenerCount).toBe(0);
  });

  it("sends events as JSON, and audio as it is encoded, where there is any, until it closes", async () => {
    const { socket, handle } = await dialled();
    handle.send({ type: "a" });
    handle.audio(new ArrayBuffer(4));
    handle.audio(new ArrayBuffer(0));
    socket.readyState = 2;
    handle.audio(new ArrayBuffer(8));
    expect(socket.sent).toEqual(['{"type":"a"}', "audio 4"]);
  });

  it("rejects, without quoting the browser, when the socket cannot be made", async () => {
    const secret = "ek_very_secret";
    const Refusing = vi.fn(function refuse() {
      throw new SyntaxError(`The subprotocol 'openai-insecure-api-key.${secret}' is invalid.`);
    }) as unknown as new () => WebSocket;
    const error = await openWebSocket({ ...request(), WebSocket: Refusing }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConnectionFailedError);
    expect(JSON.stringify([String(error), (error as Error).cause ?? null])).not.toContain(secret);
  });
});

describe("openWebSocket, aborted", () => {
  it("makes no socket when the signal is aborted already", async () => {
    const { promise } = (() => {
      FakeWebSocket.all.length = 0;
      const aborted = openWebSocket({ ...request(), signal: AbortSignal.abort() });
      return { promise: aborted };
    })();
    await expect(promise).rejects.toBeInstanceOf(ConnectionAbortedError);
    expect(FakeWebSocket.all).toHaveLength(0);
  });

  it("closes a socket that dials, absorbs what it still says, then leaves no listener", async () => {
    const controller = new AbortController();
    const { socket, promise, messages, closes } = dial({ signal: controller.signal });
    controller.abort();
    await expect(promise).rejects.toBeInstanceOf(ConnectionAbortedError);
    expect(socket.closeCalls).toHaveLength(1);
    socket.open();
    socket.message("ghost");
    socket.emit("error", { message: "closed before the connection was established" });
    socket.drop();
    expect([messages, closes]).toEqual([[], []]);
    expect(socket.listenerCount).toBe(0);
  });

  it("closes an open socket and reports nothing more", async () => {
    const controller = new AbortController();
    const { socket, handle, messages, closes } = await dialled({ signal: controller.signal });
    controller.abort();
    socket.message("ghost");
    expect(() => handle.sendEncoded("late")).toThrow(NotReadyError);
    socket.drop(1000);
    expect([messages, closes]).toEqual([[], []]);
    expect(socket.closeCalls).toHaveLength(1);
    expect(socket.listenerCount).toBe(0);
  });

  it("rejects with the signal's own reason where that is one of our errors", async () => {
    const controller = new AbortController();
    const { promise } = dial({ signal: controller.signal });
    const reason = new ConnectTimeoutError("too slow");
    controller.abort(reason);
    await expect(promise).rejects.toBe(reason);
  });

  it("does not touch a socket that has closed and is about to say so", async () => {
    const controller = new AbortController();
    const { socket } = await dialled({ signal: controller.signal });
    socket.readyState = 3;
    controller.abort();
    expect(socket.closeCalls).toEqual([]);
    expect(socket.listenerCount).toBe(0);
  });

  it("leaves no listener at the signal of a socket that has closed", async () => {
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    const { socket } = await dialled({ signal });
    socket.drop();
    expect(added.mock.calls).toHaveLength(1);
    expect(removed.mock.calls).toEqual(added.mock.calls);
  });

  it("does not touch a socket that had closed by itself", async () => {
    const controller = new AbortController();
    const { socket } = await dialled({ signal: controller.signal });
    socket.drop();
    controller.abort();
    expect(socket.closeCalls).toEqual([]);
    expect(socket.listenerCount).toBe(0);
  });
});
