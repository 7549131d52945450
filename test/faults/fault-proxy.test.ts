import { createServer, connect, type AddressInfo, type Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { FaultProxy } from "../../packages/testkit/src/faults/network/fault-proxy.js";

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface End {
  readonly socket: Socket;
  heard: string;
  /** `performance.now()` of each piece. */
  readonly at: number[];
  ended: boolean;
  closed: boolean;
  error: string | undefined;
}

function endOf(socket: Socket): End {
  const end: End = { socket, heard: "", at: [], ended: false, closed: false, error: undefined };
  socket.on("data", (bytes: Buffer) => {
    end.heard += bytes.toString("latin1");
    end.at.push(performance.now());
  });
  socket.on("end", () => (end.ended = true));
  socket.on("close", () => (end.closed = true));
  socket.on("error", (error: NodeJS.ErrnoException) => (end.error = error.code));
  return end;
}

/** A proxy before a service that only listens. */
async function rig(seed = 1) {
  const services: End[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => services.push(endOf(socket)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    for (const { socket } of services) socket.destroy();
    server.close();
  });
  const proxy = await FaultProxy.start((server.address() as AddressInfo).port, seed);
  closing.push(() => proxy.close());
  const dial = (): End => {
    const app = endOf(connect({ port: proxy.port, host: "127.0.0.1", allowHalfOpen: true }));
    closing.push(() => app.socket.destroy());
    return app;
  };
  const line = async (): Promise<{ app: End; service: End }> => {
    const before = services.length;
    const app = dial();
    await vi.waitFor(() => {
      expect(services.length).toBe(before + 1);
    });
    return { app, service: services[before]! };
  };
  return { proxy, dial, line };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const heard = (end: End, text: string): Promise<void> =>
  vi.waitFor(
    () => {
      expect(end.heard).toBe(text);
    },
    { timeout: 3_000, interval: 5 },
  );

describe("FaultProxy", () => {
  it("is transparent: bytes both ways, and the end of either stream", async () => {
    const { proxy, line } = await rig();
    const { app, service } = await line();
    app.socket.write("hello");
    service.socket.write("welcome");
    await heard(service, "hello");
    await heard(app, "welcome");
    app.socket.end();
    await vi.waitFor(() => {
      expect(service.ended).toBe(true);
    });
    service.socket.end("bye");
    await heard(app, "welcomebye");
    expect(proxy.flow.up.bytes).toBe(5);
    expect(proxy.flow.down.bytes).toBe(10);
    await vi.waitFor(() => {
      expect(proxy.lines).toBe(0);
    });
  });

  it("delays one direction and not the other, in order whatever the jitter", async () => {
    const { proxy, line } = await rig(7);
    const { app, service } = await line();
    proxy.set("up", { delayMs: 80, jitterMs: 60 });
    const from = performance.now();
    for (const letter of "abcdefgh") {
      app.socket.write(letter);
      await pause(2);
    }
    service.socket.write("now");
    await heard(app, "now");
    expect(service.heard).toBe("");
    await heard(service, "abcdefgh");
    expect(service.at[0]! - from).toBeGreaterThanOrEqual(79);
  });

  it("stalls without loss, and tells how long nothing came", async () => {
    const { proxy, line } = await rig();
    const { app, service } = await line();
    app.socket.write("a");
    await heard(service, "a");
    proxy.flow.up.restart();
    proxy.set("up", { stalled: true });
    app.socket.write("b");
    await pause(120);
    expect(service.heard).toBe("a");
    await proxy.heal();
    await heard(service, "ab");
    expect(proxy.flow.up.longestGapMs).toBeGreaterThanOrEqual(119);
  });

  it("swallows what falls into a black hole, and the end of the stream with it", async () => {
    const { proxy, line } = await rig();
    const { app, service } = await line();
    proxy.set("up", { blackHole: true });
    app.socket.write("lost");
    service.socket.write("heard");
    await heard(app, "heard");
    app.socket.end();
    await pause(50);
    expect(service).toMatchObject({ heard: "", ended: false, closed: false });
  });

  it("trickles at the speed it is told", async () => {
    const { proxy, line } = await rig();
    const { app, service } = await line();
    proxy.set("down", { bytesPerSecond: 1_000 });
    const from = performance.now();
    service.socket.write("x".repeat(200));
    await heard(app, "x".repeat(200));
    expect(app.at.at(-1)! - from).toBeGreaterThanOrEqual(150);
    expect(app.at.length).toBeGreaterThan(3);
  });

  it.each(["up", "down"] as const)("cuts after byte N going %s", async (direction) => {
    const { proxy, line } = await rig();
    proxy.set(direction, { cutAtByte: 5 });
    const { app, service } = await line();
    const [from, to] = direction === "up" ? [app, service] : [service, app];
    from.socket.write("abc");
    await heard(to, "abc");
    from.socket.write("defg");
    await vi.waitFor(() => {
      expect([to.heard, app.closed || app.ended]).toEqual(["abcde", true]);
    });
  });

  it("resets both ends", async () => {
    const { proxy, line } = await rig();
    const { app, service } = await line();
    proxy.reset();
    await vi.waitFor(() => {
      expect([app.error, service.error]).toEqual(["ECONNRESET", "ECONNRESET"]);
    });
    expect(proxy.lines).toBe(0);
  });

  it("passes a reset on", async () => {
    const { line } = await rig();
    const { app, service } = await line();
    service.socket.resetAndDestroy();
    await vi.waitFor(() => {
      expect(app.error).toBe("ECONNRESET");
    });
  });

  it("ends both sides in order", async () => {
    const { proxy, line } = await rig();
    const { app, service } = await line();
    proxy.end();
    await vi.waitFor(() => {
      expect([app.ended, service.ended, app.error]).toEqual([true, true, undefined]);
    });
  });

  it.each([
    ["service", "app"],
    ["app", "service"],
  ] as const)("leaves the other side half open when the %s has gone", async (gone, left) => {
    const { proxy, line } = await rig();
    const ends = await line();
    proxy.halfOpen(gone);
    ends[left].socket.write("anybody there?");
    await pause(60);
    expect(ends[left]).toMatchObject({ heard: "", ended: false, closed: false, error: undefined });
    expect(ends[gone].heard).toBe("");
    await vi.waitFor(() => {
      expect(ends[gone].ended || ends[gone].closed).toBe(true);
    });
    const { app, service } = await line();
    app.socket.write("a new line");
    await heard(service, "a new line");
  });

  it("refuses connections, keeps open lines, and comes back on the same port", async () => {
    const { proxy, dial, line } = await rig();
    const { app, service } = await line();
    await proxy.refuse();
    const refused = dial();
    await vi.waitFor(() => {
      expect(refused.error).toBe("ECONNREFUSED");
    });
    app.socket.write("still here");
    await heard(service, "still here");
    await proxy.accept();
    await line();
  });

  it("goes away for a while", async () => {
    const { proxy, dial, line } = await rig();
    const { app } = await line();
    const from = performance.now();
    const back = proxy.away(100);
    await vi.waitFor(() => {
      expect(app.error).toBe("ECONNRESET");
    });
    const refused = dial();
    await back;
    expect(performance.now() - from).toBeGreaterThanOrEqual(99);
    expect(refused.error).toBe("ECONNREFUSED");
    await line();
  });

  it("closes everything, also while it is away", async () => {
    const { proxy, dial, line } = await rig();
    const { app } = await line();
    const away = proxy.away(60_000);
    await proxy.close();
    await away;
    await vi.waitFor(() => {
      expect(app.closed || app.ended).toBe(true);
    });
    const refused = dial();
    await vi.waitFor(() => {
      expect(refused.error).toBe("ECONNREFUSED");
    });
  });
});
