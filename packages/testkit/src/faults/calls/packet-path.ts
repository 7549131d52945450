import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { seeded } from "../../util/seeded.js";
import type { Direction } from "../network/fault-proxy.js";
import { Flow } from "../network/flow.js";

/** What a packet of a call is, told by its first byte (RFC 7983). */
export type PacketKind = "stun" | "dtls" | "media" | "other";

/** What happens to the packets of one direction. Shares are between 0 and 1, times in ms. */
export interface PacketFaults {
  readonly delayMs: number;
  /** And up to so much more, at random: packets overtake each other. */
  readonly jitterMs: number;
  /** Share that is lost. */
  readonly loss: number;
  /** Share that arrives twice. */
  readonly duplicates: number;
  /** Share of which a byte is changed. */
  readonly damage: number;
  /** Packets wait here until this is off again. */
  readonly stalled: boolean;
  /** Which packets vanish. */
  readonly drops: (kind: PacketKind, bytes: number) => boolean;
}

const NO_PACKET_FAULTS: PacketFaults = {
  delayMs: 0,
  jitterMs: 0,
  loss: 0,
  duplicates: 0,
  damage: 0,
  stalled: false,
  drops: () => false,
};

const HOST = "127.0.0.1";
const BOTH: readonly Direction[] = ["up", "down"];

/** Our end towards one UDP port of the service. */
class Outlet {
  /** Nobody listens there any more: what is sent is not heard. */
  isRefused = false;
  readonly #socket = createSocket("udp4");
  readonly #connected: Promise<void>;
  #isClosed = false;

  constructor(target: number, heard: (packet: Buffer) => void) {
    this.#socket.on("message", heard);
    this.#socket.on("error", () => (this.isRefused = true));
    // Connected, or nobody would tell us.
    this.#connected = new Promise((resolve) => this.#socket.connect(target, HOST, resolve));
  }

  send(packet: Buffer): void {
    void this.#connected.then(() => {
      if (!this.#isClosed) this.#socket.send(packet);
    });
  }

  close(): void {
    void this.#connected.then(() => {
      this.#isClosed = true;
      this.#socket.close();
    });
  }
}

/** One address of the app, as the service sees it. */
interface Lane {
  readonly app: RemoteInfo;
  outlet: Outlet;
}

/** Stands in front of one UDP port of the service. */
interface Relay {
  readonly front: Socket;
  readonly target: number;
  readonly lanes: Map<string, Lane>;
}

/**
 * The way of a call's packets between an app and a service: below ICE, so that everything above it (STUN, DTLS, SCTP, RTP)
 * passes as it is, and fails as networks fail. Faults may be switched in the middle, and hold for calls to come.
 */
export class PacketPath {
  /** Packets of sound that have been delivered, each way. */
  readonly sound: Readonly<Record<Direction, Flow>> = { up: new Flow(), down: new Flow() };
  readonly #faults: Record<Direction, PacketFaults> = { up: NO_PACKET_FAULTS, down: NO_PACKET_FAULTS };
  readonly #relays = new Map<number, Relay>();
  readonly #held: (() => void)[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #random: () => number;
  #isClosed = false;

  /** @param seed of what happens at random. */
  constructor(seed = 1) {
    this.#random = seeded(seed);
  }

  /** A port that leads to one of the service's on this machine. */
  async via(target: number): Promise<number> {
    const known = this.#relays.get(target);
    if (known !== undefined) return known.front.address().port;
    const relay: Relay = { front: createSocket("udp4"), target, lanes: new Map() };
    this.#relays.set(target, relay);
    relay.front.on("message", (packet, app) => {
      const lane = this.#laneOf(relay, app);
      this.#pass("up", packet, (whole) => {
        lane.outlet.send(whole);
        return !lane.outlet.isRefused;
      });
    });
    await new Promise<void>((resolve) => relay.front.bind(0, HOST, resolve));
    return relay.front.address().port;
  }

  /** Changes the faults of one direction, or of both; what is not named stays as it is. */
  set(direction: Direction | "both", faults: Partial<PacketFaults>): void {
    for (const each of direction === "both" ? BOTH : [direction]) {
      this.#faults[each] = { ...this.#faults[each], ...faults };
    }
    this.#release();
  }

  /** Every fault off, and what was stalled flows. */
  heal(): void {
    this.set("both", NO_PACKET_FAULTS);
  }

  /** As when a router forgets: the service hears the app from other ports. */
  async rebind(): Promise<void> {
    for (const relay of this.#relays.values()) {
      for (const lane of relay.lanes.values()) {
        lane.outlet.close();
        lane.outlet = this.#outletFor(relay, lane.app);
      }
    }
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Sends something of our own to every app, as if it came from the service. */
  inject(packet: Buffer): void {
    for (const { front, lanes } of this.#relays.values()) {
      for (const { app } of lanes.values()) front.send(packet, app.port, app.address);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const { front, lanes } of this.#relays.values()) {
      front.close();
      for (const { outlet } of lanes.values()) outlet.close();
    }
    this.#relays.clear();
  }

  #laneOf(relay: Relay, app: RemoteInfo): Lane {
    const key = `${app.address}:${String(app.port)}`;
    const known = relay.lanes.get(key);
    if (known !== undefined) return known;
    const lane = { app, outlet: this.#outletFor(relay, app) };
    relay.lanes.set(key, lane);
    return lane;
  }

  #outletFor({ target, front }: Relay, app: RemoteInfo): Outlet {
    return new Outlet(target, (packet) => {
      this.#pass("down", packet, (whole) => {
        front.send(whole, app.port, app.address);
        return true;
      });
    });
  }

  /** @param send Tells whether anybody can hear it. */
  #pass(direction: Direction, packet: Buffer, send: (packet: Buffer) => boolean): void {
    const { loss, duplicates, damage, delayMs, jitterMs, drops } = this.#faults[direction];
    const kind = kindOf(packet);
    if (drops(kind, packet.length) || this.#random() < loss) return;
    if (this.#random() < damage) {
      const at = Math.floor(this.#random() * packet.length);
      packet.writeUInt8(packet.readUInt8(at) ^ 0xff, at);
    }
    const copies = this.#random() < duplicates ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      this.#after(delayMs + this.#random() * jitterMs, () => {
        // Once more from the beginning, when it may: what has come by then holds for it.
        if (this.#faults[direction].stalled) this.#held.push(() => this.#pass(direction, packet, send));
        else if (!this.#isClosed && send(packet) && kind === "media") this.sound[direction].passed(packet.length);
      });
    }
  }

  #after(ms: number, run: () => void): void {
    if (ms === 0) {
      run();
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    this.#timers.add(timer);
  }

  #release(): void {
    // Whatever still is to wait comes back.
    for (const pass of this.#held.splice(0)) pass();
  }
}

function kindOf(packet: Buffer): PacketKind {
  const first = packet[0] ?? 255;
  if (first < 4) return "stun";
  if (first >= 20 && first < 64) return "dtls";
  return first >= 128 && first < 192 ? "media" : "other";
}
