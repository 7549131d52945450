import type { LocalService } from "rtvi-machine/local-service";
import type { Fault, Scene } from "../../test/faults/catalogue/fault.js";
import { FAULTS } from "../../test/faults/catalogue/index.js";
import { FaultProxy } from "../../test/faults/support/fault-proxy.js";
import type { Addresses } from "./backing.js";
import type { SeenEvent } from "./probe.js";
import type { Report } from "./report.js";
import type { SessionWatch } from "./session-watch.js";

const ANSWERED_WITHIN_MS = 20_000;
const ENDED_WITHIN_MS = 10_000;

/** Faults that can strike in the middle of a demonstration: they need no lying server, and nothing before the dial. */
const STRIKES = FAULTS.filter(({ server, before, strike }) => server === undefined && !before && strike);

/** Names for `--fault`. */
export const faultNames: readonly string[] = STRIKES.map(({ name }) => name);

/** A fault that waits in front of the local service until it is told to strike. */
export class DemoFault {
  readonly #fault: Fault;
  readonly #scene: Scene;
  readonly #calm: Partial<LocalService["faults"]>;

  private constructor(fault: Fault, proxy: FaultProxy, service: LocalService) {
    this.#fault = fault;
    this.#calm = { ...service.faults };
    this.#scene = {
      proxy,
      service,
      get liar(): never {
        throw new Error("the demo has no lying server");
      },
      ask: () => undefined,
    };
  }

  /** @param name one of `faultNames` */
  static async before(service: LocalService, name: string): Promise<DemoFault> {
    const fault = STRIKES.find((each) => each.name === name);
    if (fault === undefined) throw new Error(`Unknown fault "${name}".`);
    return new DemoFault(fault, await FaultProxy.start(service.port), service);
  }

  /** The service's addresses, by way of the proxy. */
  get front(): Addresses {
    const { proxy, service } = this.#scene;
    return {
      url: proxy.via(service.url),
      wsUrl: proxy.via(service.wsUrl),
      geminiUrl: proxy.via(service.geminiUrl),
      pipecatUrl: proxy.via(service.pipecatUrl),
    };
  }

  /** Strikes, and sees that what follows is what the fault table says. */
  async strike(watch: SessionWatch, report: Report): Promise<void> {
    const { name, injected, strike, expect } = this.#fault;
    report.setup("fault", `${name}: ${injected}`);
    const from = watch.events.length;
    await strike?.(this.#scene);
    if (expect.outcome === "ends") {
      await watch.until("the end of the session", () => watch.state === "disconnected", ENDED_WITHIN_MS);
      const told = watch.events.slice(from).some((event) => event.name === "error");
      report.check(told, `${name}: the session ended, as it must, and the app was told why`);
      return;
    }
    const wasIn = (state: string) => (event: SeenEvent) =>
      event.name === "transportStateChanged" && event.data === state;
    // What was being said when the line broke is no answer: one has to begin after the last change of the line.
    const answered = (): boolean => {
      const after = watch.events.slice(Math.max(from, watch.events.findLastIndex(wasIn("ready"))));
      const begun = after.findIndex((event) => event.name === "botStartedSpeaking");
      return begun >= 0 && after.slice(begun).some((event) => event.name === "botStoppedSpeaking");
    };
    await watch.until("an answer after the fault", () => watch.state === "ready" && answered(), ANSWERED_WITHIN_MS);
    const redials = watch.events.slice(from).filter(wasIn("connecting")).length;
    report.check(true, `${name}: the conversation went on${redials > 0 ? `, over ${redials + 1} lines in all` : ""}`);
  }

  /** What stays broken would break the next session, too. */
  async lift(): Promise<void> {
    const { proxy, service } = this.#scene;
    Object.assign(service.faults, this.#calm);
    await proxy.heal();
  }

  close(): Promise<void> {
    return this.#scene.proxy.close();
  }
}
