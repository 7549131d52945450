import { createSocket, type Socket } from "node:dgram";
import { afterEach, describe, expect, it, vi } from "vitest";
import { PacketPath } from "../../../packages/testkit/src/faults/calls/packet-path.js";

const closing: (() => unknown)[] = [];

afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

interface End {
  readonly socket: Socket;
  readonly port: number;
  readonly heard: string[];
}

async function end(): Promise<End> {
  const socket = createSocket("udp4");
  const heard: string[] = [];
  socket.on("message", (packet) => heard.push(packet.toString("latin1")));
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  closing.push(() => socket.close());
  return { socket, port: socket.address().port, heard };
}

/** An app and a service, and the path between them. */
async function rig() {
  const [app, service] = [await end(), await end()];
  const path = new PacketPath();
  closing.push(() => path.close());
  const front = await path.via(service.port);
  let back = 0;
  service.socket.on("message", (_packet, { port }) => (back = port));
  const up = (packet: string): void => app.socket.send(Buffer.from(packet, "latin1"), front, "127.0.0.1");
  const down = (packet: string): void => service.socket.send(Buffer.from(packet, "latin1"), back, "127.0.0.1");
  const met = async (): Promise<void> => {
    up("hello");
    await heard(service, "hello");
    service.heard.length = 0;
  };
  return { path, app, service, up, down, met, backPort: () => back };
}

const heard = (at: End, ...packets: readonly string[]): Promise<void> =>
  vi.waitFor(
    () => {
      expect(at.heard).toEqual(packets);
    },
    { timeout: 3_000, interval: 5 },
  );
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const SOUND = "\u0080sound";
const DTLS = "\u0014dtls";

describe("PacketPath", () => {
  it("is transparent both ways, and counts sound", async () => {
    const { path, app, service, up, down, met } = await rig();
    await met();
    up(SOUND);
    await heard(service, SOUND);
    down("welcome");
    await heard(app, "welcome");
    expect(path.sound.up.bytes).toBe(SOUND.length);
    expect(path.sound.down.bytes).toBe(0);
  });

  it("drops what it is told to, one way, until it is healed", async () => {
    const { path, app, service, up, down, met } = await rig();
    await met();
    path.set("up", { drops: (kind) => kind === "dtls" });
    up(DTLS);
    up(SOUND);
    await heard(service, SOUND);
    down(DTLS);
    await heard(app, DTLS);
    path.heal();
    up(DTLS);
    await heard(service, SOUND, DTLS);
  });

  it("loses, repeats and damages a share", async () => {
    const { path, service, up, met } = await rig();
    await met();
    path.set("both", { loss: 1 });
    up("lost");
    await pause(100);
    expect(service.heard).toEqual([]);
    path.set("both", { loss: 0, duplicates: 1 });
    up("twice");
    await vi.waitFor(() => {
      expect(service.heard.filter((packet) => packet === "twice")).toHaveLength(2);
    });
    path.heal();
    path.set("up", { damage: 1 });
    up("damaged");
    await vi.waitFor(() => {
      expect(service.heard).toHaveLength(3);
    });
    expect(service.heard[2]).not.toBe("damaged");
    expect(service.heard[2]).toHaveLength("damaged".length);
  });

  it("holds packets back while it is stalled, and delivers all of them", async () => {
    const { path, service, up, met } = await rig();
    await met();
    path.set("both", { stalled: true });
    up("one");
    up("two");
    await pause(100);
    expect(service.heard).toEqual([]);
    path.heal();
    await heard(service, "one", "two");
  });

  it("delays", async () => {
    const { path, service, up, met } = await rig();
    await met();
    path.set("up", { delayMs: 200 });
    const began = performance.now();
    up("late");
    await heard(service, "late");
    expect(performance.now() - began).toBeGreaterThan(190);
  });

  it("shows the app at another port after a rebinding, and leads answers back", async () => {
    const { path, app, service, up, down, met, backPort } = await rig();
    await met();
    const before = backPort();
    await path.rebind();
    up("again");
    await heard(service, "again");
    expect(backPort()).not.toBe(before);
    down("I hear you");
    await heard(app, "I hear you");
  });

  it("counts no sound as delivered where nobody listens any more", async () => {
    const { path, service, up, met } = await rig();
    await met();
    closing.splice(1, 1);
    service.socket.close();
    up(SOUND);
    await pause(50);
    const { bytes } = path.sound.up;
    up(SOUND);
    await pause(50);
    expect(path.sound.up.bytes).toBe(bytes);
  });

  it("says what it is told in the service's name", async () => {
    const { path, app, met } = await rig();
    await met();
    path.inject(Buffer.from("boo"));
    await heard(app, "boo");
  });
});
