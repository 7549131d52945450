import { describe, expect, it } from "vitest";
import type { MediaManager } from "../../../src/media/media-manager.js";
import type { Uplink } from "../../../src/pipes/uplink.js";
import { Ownership, type ClientOfTransport } from "../../../src/transport/ownership.js";
import { silent } from "../../../packages/testkit/src/worlds/world.js";

/** A media manager that writes down whom it serves. */
function media() {
  const bound: string[] = [];
  let feed: (pcm: ArrayBuffer) => void = () => undefined;
  const manager = {
    setUserAudioCallback: (callback: typeof feed) => (feed = callback),
    setClientOptions: ({ enableMic }: { enableMic?: boolean }, overrides: boolean) =>
      bound.push(`${enableMic === false ? "muted" : "open"}${overrides ? " instead" : ""}`),
  };
  return { manager: manager as unknown as MediaManager, bound, say: () => feed(new ArrayBuffer(2)) };
}

/** Who has a transport. */
function transport({ manager } = media()) {
  const adopted: string[] = [];
  const warnings: string[] = [];
  const heard: ArrayBuffer[] = [];
  const state = { busy: false };
  const names = new Map<ClientOfTransport, string>();
  const ownership = new Ownership({
    manager,
    logger: { ...silent, warn: (line) => void warnings.push(line) },
    isBusy: () => state.busy,
    adopt: (client, isFirst) => adopted.push(`${names.get(client)}${isFirst ? " first" : ""}`),
    uplink: { write: (pcm: ArrayBuffer) => heard.push(pcm) } as unknown as Uplink,
    callbacks: () => ({}),
  });
  const client = (name: string, enableMic = true): ClientOfTransport => {
    const made = { options: { enableMic }, handler: () => undefined, adopted: () => undefined } as never;
    names.set(made, name);
    return made;
  };
  return { ownership, adopted, warnings, heard, state, client };
}

describe("a transport's client", () => {
  it("is the first at once, and the newest with a warning while the one before is idle", () => {
    const { ownership, adopted, warnings, client } = transport();
    ownership.take(client("a"));
    expect([adopted, warnings]).toEqual([["a first"], []]);
    ownership.take(client("b"));
    expect(adopted).toEqual(["a first", "b"]);
    expect(warnings).toEqual([expect.stringContaining("new PipecatClient")]);
  });

  it("is the first also where the transport is busy already, as with a microphone that an app asked for", () => {
    const { ownership, adopted, state, client } = transport();
    state.busy = true;
    ownership.take(client("a"));
    expect([adopted, ownership.isContested]).toEqual([["a first"], false]);
  });

  it("waits while the one before is busy, and begins nothing meanwhile", () => {
    const { ownership, adopted, warnings, state, client } = transport();
    ownership.take(client("a"));
    state.busy = true;
    ownership.take(client("b"));
    expect([adopted, ownership.isContested]).toEqual([["a first"], true]);
    expect(ownership.occupied("begins")?.what).toBe("transport");
    expect(ownership.occupied("continues"), "the session of the other goes on").toBeUndefined();
    ownership.release();
    expect(adopted, "still busy").toHaveLength(1);
    state.busy = false;
    ownership.release();
    expect([adopted, ownership.isContested]).toEqual([["a first", "b"], false]);
    expect(ownership.occupied("begins")).toBeUndefined();
    const told = warnings.length;
    ownership.release();
    expect([adopted.length, warnings.length], "nobody waits any more").toEqual([2, told]);
  });
});

describe("a media manager's transport", () => {
  it("is the one that was used last, with its client's options, and a warning where it was another's", () => {
    const shared = media();
    const one = transport(shared);
    const other = transport(shared);
    one.ownership.take(one.client("a"));
    expect(shared.bound).toEqual(["open"]);
    expect(one.warnings).toEqual([]);
    other.ownership.take(other.client("b", false));
    expect(shared.bound).toEqual(["open", "muted instead"]);
    expect(other.warnings).toEqual([expect.stringContaining("serves another transport")]);
    shared.say();
    expect([one.heard.length, other.heard.length]).toEqual([0, 1]);
    expect(one.ownership.occupied("begins")).toBeUndefined();
    shared.say();
    expect([one.heard.length, other.heard.length]).toEqual([1, 1]);
    expect(shared.bound.at(-1)).toBe("open instead");
  });

  it("keeps it while it is busy: the other is told so", () => {
    const shared = media();
    const one = transport(shared);
    const other = transport(shared);
    one.ownership.take(one.client("a"));
    one.state.busy = true;
    other.ownership.take(other.client("b"));
    expect(shared.bound).toEqual(["open"]);
    expect(other.ownership.occupied("begins")?.what).toBe("manager");
    expect(other.ownership.occupied("continues")?.what).toBe("manager");
    expect(one.ownership.occupied("begins")).toBeUndefined();
  });

  it("is bound anew for a new client of the same transport, and not for each call", () => {
    const shared = media();
    const { ownership, client } = transport(shared);
    ownership.take(client("a"));
    ownership.occupied("begins");
    expect(shared.bound).toEqual(["open"]);
    ownership.take(client("b", false));
    expect(shared.bound).toEqual(["open", "muted instead"]);
  });

  it("is bound without options by a transport that has no client", () => {
    const shared = media();
    const { ownership, heard } = transport(shared);
    expect(ownership.occupied("begins")).toBeUndefined();
    shared.say();
    expect([shared.bound, heard.length]).toEqual([[], 1]);
  });
});
