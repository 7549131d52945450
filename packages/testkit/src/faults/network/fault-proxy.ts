import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { seeded } from "../../util/seeded.js";
import { Flow } from "./flow.js";
import { Lane, NO_LANE_FAULTS, type LaneFaults } from "./lane.js";

/** `up` is from the app to the service, `down` from the service to the app. */
export type Direction = "up" | "down";

interface Line {
  readonly app: Socket;
  readonly service: Socket;
  readonly lanes: readonly Lane[];
}

const HOST = "127.0.0.1";
const BOTH: readonly Direction[] = ["up", "down"];

/**
 * Stands between an app and a service on the level of TCP, so that whatever they speak (HTTP, WebSocket) passes as it is,
 * and fails as networks fail. Every fault may be switched while lines are open, and holds for lines to come.
 */
export class FaultProxy {
  /** What has been delivered, each way. */
  readonly flow: Readonly<Record<Direction, Flow>> = { up: new Flow(), down: new Flow() };
  /** Lines that were ever opened. */
  opened = 0;
  readonly #faults: Record<Direction, LaneFaults> = { up: NO_LANE_FAULTS, down: NO_LANE_FAULTS };
  readonly #lines = new Set<Line>();
  readonly #over = new AbortController();
  readonly #random: () => number;
  readonly #target: number;
  #server: Server | undefined;
  #port = 0;

  private constructor(target: number, seed: number) {
    this.#target = target;
    this.#random = seeded(seed);
  }

  /**
   * @param target the service's port on this machine.
   * @param seed of the jitter.
   */
  static async start(target: number, seed = 1): Promise<FaultProxy> {
    const proxy = new FaultProxy(target, seed);
    await proxy.accept();
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** Lines of which the app still holds its end. */
  get lines(): number {
    return [...this.#lines].filter(({ app }) => !app.destroyed).length;
  }

  /** An address of the service, through here. */
  via(address: string): string {
    const url = new URL(address);
    url.port = String(this.#port);
    return url.href;
  }

  /** Changes the faults of one direction, or of both; what is not named stays as it is. */
  set(direction: Direction | "both", faults: Partial<LaneFaults>): void {
    for (const each of direction === "both" ? BOTH : [direction]) {
      this.#faults[each] = { ...this.#faults[each], ...faults };
    }
    this.#update();
  }

  /** Every fault off, and what was stalled flows. Lines that were cut stay cut. */
  async heal(): Promise<void> {
    this.set("both", NO_LANE_FAULTS);
    await this.accept();
  }

  /** Resets every open line: both ends see `ECONNRESET`. */
  reset(): void {
    for (const { app, service } of this.#lines) {
      app.resetAndDestroy();
      service.resetAndDestroy();
    }
  }

  /** Ends every open line in order (FIN), in the middle of whatever was being said. */
  end(): void {
    for (const { app, service } of this.#lines) {
      app.end();
      service.end();
    }
  }

  /** One side of every open line is gone, and the other is not told: what it sends vanishes. Lines to come are whole. */
  halfOpen(gone: "app" | "service"): void {
    for (const line of this.#lines) {
      for (const lane of line.lanes) lane.stop();
      const left = gone === "app" ? line.service : line.app;
      left.removeAllListeners("data").removeAllListeners("end").resume();
      line[gone].removeAllListeners("close").destroy();
    }
  }

  /** Refuses connections (`ECONNREFUSED`) until `accept()`. Open lines stay. */
  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    // Resolves when the last line is gone, which is not what is waited for: the port is free at once.
    server.close();
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Takes connections again, on the same port. */
  async accept(): Promise<void> {
    if (this.#server !== undefined || this.#over.signal.aborted) return;
    const server = createServer({ allowHalfOpen: true }, (app) => this.#connect(app));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, HOST, resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Resets every line and refuses new ones for a while. Resolves when it is back. */
  async away(ms: number): Promise<void> {
    const refused = this.refuse();
    this.reset();
    await refused;
    // Closing the proxy ends the wait.
    await sleep(ms, undefined, { signal: this.#over.signal }).catch(() => undefined);
    await this.accept();
  }

  async close(): Promise<void> {
    this.#over.abort();
    await this.refuse();
    for (const line of this.#lines) this.#drop(line);
  }

  #connect(app: Socket): void {
    this.opened += 1;
    const service = connect({ port: this.#target, host: HOST, allowHalfOpen: true });
    app.setNoDelay(true);
    service.setNoDelay(true);
    const cut = (): void => {
      this.#drop(line);
    };
    const lane = (direction: Direction, from: Socket, to: Socket): Lane =>
      new Lane({
        from,
        to,
        cut,
        random: this.#random,
        flow: this.flow[direction],
        faults: () => this.#faults[direction],
      });
    const line: Line = { app, service, lanes: [lane("up", app, service), lane("down", service, app)] };
    this.#lines.add(line);
    this.#join(line, app, service, "down");
    this.#join(line, service, app, "up");
  }

  /** The end of one socket is the end of the other, unless the way there is a black hole. */
  #join(line: Line, socket: Socket, other: Socket, way: Direction): void {
    const towardsOther = way === "down" ? "up" : "down";
    socket.on("error", () => undefined); // `close` follows, and says enough.
    socket.on("close", (failed: boolean) => {
      if (line.app.destroyed && line.service.destroyed) this.#lines.delete(line);
      if (other.destroyed || this.#faults[towardsOther].blackHole) return;
      if (failed) other.resetAndDestroy();
      else if (!other.writableEnded) other.end();
    });
  }

  #update(): void {
    for (const { lanes } of this.#lines) for (const lane of lanes) lane.update();
  }

  #drop(line: Line): void {
    for (const lane of line.lanes) lane.stop();
    line.app.destroy();
    line.service.destroy();
    this.#lines.delete(line);
  }
}
