import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  ConnectionAbortedError,
  ConnectionLostError,
  ConnectTimeoutError,
  NotReadyError,
} from "../../../src/errors.js";
import { openPeer, type PeerHandle, type PeerRequest } from "../../../src/connection/peer-connection.js";
import { drain } from "../../../packages/testkit/src/worlds/world.js";
import {
  FakePeerConnection,
  FakePeerConnectionConstructor,
  fakeTrack,
} from "../../../packages/testkit/src/scripted/fake-peer-connection.js";

const GRACE = 1_000;

/** Of somebody who only looks at what `openPeer` throws. */
const requestOf = (signal: AbortSignal): PeerRequest => ({
  RTCPeerConnection: FakePeerConnectionConstructor,
  channel: "events",
  graceMs: GRACE,
  signal,
  exchange: () => Promise.resolve(""),
  onPeer: () => undefined,
  onRemoteTrack: () => undefined,
  onMessage: () => undefined,
  onLost: () => undefined,
  onReleased: () => undefined,
});

function call(exchange: (offer: string, signal: AbortSignal) => Promise<string> = () => Promise.resolve("v=0 answer")) {
  const life = new AbortController();
  const remove = vi.spyOn(life.signal, "removeEventListener");
  const seen = {
    messages: [] as (string | ArrayBuffer)[],
    tracks: [] as string[],
    lost: [] as string[],
    released: 0,
  };
  let handle: PeerHandle | undefined;
  const promise = openPeer({
    RTCPeerConnection: FakePeerConnectionConstructor,
    channel: "events",
    graceMs: GRACE,
    signal: life.signal,
    exchange,
    onPeer: (peer) => (handle = peer),
    onRemoteTrack: ({ label }) => seen.tracks.push(label),
    onMessage: (data) => seen.messages.push(data),
    onLost: ({ message }) => seen.lost.push(message),
    onReleased: () => (seen.released += 1),
  });
  promise.catch(() => undefined);
  if (handle === undefined) throw new Error("there is no peer");
  return { promise, seen, life, remove, peer: handle, connection: FakePeerConnection.last };
}

async function opened() {
  const peer = call();
  await vi.waitFor(() => expect(peer.connection.answer).toBeDefined());
  peer.connection.open();
  await peer.promise;
  return peer;
}

beforeEach(() => {
  FakePeerConnection.all = [];
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  return () => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  };
});

describe("openPeer", () => {
  it("makes nothing for a signal that is aborted already", async () => {
    const life = new AbortController();
    life.abort();
    const promise = openPeer(requestOf(life.signal));
    await expect(promise).rejects.toBeInstanceOf(ConnectionAbortedError);
    expect(FakePeerConnection.all).toEqual([]);
  });

  it.each(["createDataChannel", "addTransceiver"] as const)("closes a connection whose %s throws", async (name) => {
    const refused = new DOMException("no more of them", "OperationError");
    vi.spyOn(FakePeerConnection.prototype, name).mockImplementation(() => {
      throw refused;
    });
    await expect(openPeer(requestOf(new AbortController().signal))).rejects.toBe(refused);
    expect(FakePeerConnection.last.isClosed).toBe(true);
  });

  it("releases everything and throws what the exchange threw", async () => {
    const refusal = new Error("401");
    const { promise, connection, seen } = call(() => Promise.reject(refusal));
    await expect(promise).rejects.toBe(refusal);
    expect([connection.isClosed, connection.channel.readyState, seen.released]).toEqual([true, "closed", 1]);
  });

  it("throws the reason of whoever aborts it, where that is one of ours, and aborts the exchange", async () => {
    let asked: AbortSignal | undefined;
    const { promise, life, connection } = call((_, signal) => {
      asked = signal;
      return new Promise(() => undefined);
    });
    await vi.waitFor(() => expect(asked).toBeDefined());
    const reason = new ConnectTimeoutError("too slow");
    life.abort(reason);
    await expect(promise).rejects.toBe(reason);
    expect([asked?.aborted, connection.isClosed]).toEqual([true, true]);
  });

  it("takes no answer for a connection that is over", async () => {
    let answer: ((sdp: string) => void) | undefined;
    const { peer, promise, connection } = call(() => new Promise((resolve) => (answer = resolve)));
    await vi.waitFor(() => expect(answer).toBeDefined());
    peer.close();
    answer?.("v=0 late");
    await expect(promise).rejects.toBeInstanceOf(ConnectionAbortedError);
    await drain();
    expect(connection.answer).toBeUndefined();
  });

  it("fails at once when ICE does", async () => {
    const { promise, connection, seen } = call(() => new Promise(() => undefined));
    connection.become("failed");
    await expect(promise).rejects.toBeInstanceOf(ConnectionLostError);
    expect([seen.lost, seen.released]).toEqual([[], 1]);
  });
});

describe("an open peer connection", () => {
  it("hands on text and bytes, and nothing else", async () => {
    const { connection, seen } = await opened();
    const bytes = new ArrayBuffer(2);
    for (const data of ["a", bytes, 42]) connection.message(data);
    expect(seen.messages).toEqual(["a", bytes]);
  });

  it("sends while the channel is open", async () => {
    const { peer, connection } = await opened();
    peer.send("a");
    connection.channel.readyState = "closing";
    expect(() => peer.send("b")).toThrow(NotReadyError);
    expect(connection.channel.sent).toEqual(["a"]);
  });

  it("sends a track again that was taken away and given back before the sender had answered", async () => {
    const { peer, connection } = await opened();
    const track = fakeTrack("a");
    peer.setMicrophone(track);
    await drain();
    for (const given of [undefined, track]) peer.setMicrophone(given);
    await drain();
    expect(connection.sender.track).toBe(track);
  });

  it("changes the microphone's track once, and not after its end", async () => {
    const { peer, connection } = await opened();
    const track = fakeTrack("a");
    peer.setMicrophone(track);
    peer.setMicrophone(track);
    peer.close();
    peer.setMicrophone(undefined);
    expect(connection.sender.replaced).toEqual(["a"]);
  });

  it("measures what it receives, among other reports, and nothing after its end", async () => {
    const { peer, connection } = await opened();
    connection.stats.push({ type: "codec", audioLevel: 0.9 }, { type: "inbound-rtp" });
    expect(await peer.remoteLevel()).toBe(0.5);
    peer.close();
    expect(await peer.remoteLevel()).toBeUndefined();
  });

  it("knows when sound came last: not when nothing new has, nor from a report that does not count it", async () => {
    const { peer, connection } = await opened();
    const time = vi.spyOn(performance, "now").mockReturnValue(10);
    connection.stats.push({ type: "inbound-rtp" });
    await peer.remoteLevel();
    expect(peer.soundAt).toBeUndefined();
    connection.packets = 5;
    await peer.remoteLevel();
    time.mockReturnValue(20);
    await peer.remoteLevel();
    expect(peer.soundAt).toBe(10);
    time.mockRestore();
  });

  it("waits for a path that was lost, and no longer than it was told to", async () => {
    const { connection, seen } = await opened();
    connection.become("disconnected");
    vi.advanceTimersByTime(GRACE - 1);
    connection.become("connected");
    vi.advanceTimersByTime(GRACE);
    expect(seen.lost).toEqual([]);
    connection.become("disconnected");
    vi.advanceTimersByTime(GRACE);
    expect(seen.lost).toEqual([expect.stringContaining("no network path for 1000 ms")]);
  });

  it("leaves no timer when it is closed in its grace", async () => {
    const { peer, connection } = await opened();
    connection.become("disconnected");
    peer.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ["ICE fails", (connection: FakePeerConnection) => connection.become("failed")],
    ["the connection is closed", (connection: FakePeerConnection) => connection.become("closed")],
    ["the channel is closed", ({ channel }: FakePeerConnection) => channel.dispatchEvent(new Event("close"))],
  ])("is lost once when %s, and released", async (_, happens) => {
    const { connection, seen } = await opened();
    happens(connection);
    happens(connection);
    expect([seen.lost.length, seen.released, connection.isClosed, connection.channel.readyState]).toEqual([
      1,
      1,
      true,
      "closed",
    ]);
  });

  it.each(["close()", "the signal"])("says nothing after %s, once released, and leaves no listener", async (how) => {
    const { peer, life, connection, seen, remove } = await opened();
    if (how === "close()") peer.close();
    else life.abort();
    peer.close();
    expect([connection.isClosed, connection.channel.readyState]).toEqual([true, "closed"]);
    connection.open();
    connection.message("late");
    connection.track(fakeTrack("late"));
    connection.become("failed");
    connection.channel.dispatchEvent(new Event("close"));
    expect(seen).toEqual({ messages: [], tracks: [], lost: [], released: 1 });
    expect(remove).toHaveBeenCalledWith("abort", expect.any(Function));
    expect([connection.listeners, connection.channel.listeners]).toEqual([0, 0]);
  });
});
