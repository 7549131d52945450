import { setTimeout as sleep } from "node:timers/promises";
import type { LocalService } from "@rtvi-machine/local-service";
import type { Page } from "playwright";
import { expectationOf } from "../../packages/testkit/src/faults/catalogue/differences.js";
import type { Expectation, Fault, Scene, ToldCode } from "../../packages/testkit/src/faults/catalogue/fault.js";
import { FAULTS } from "../../packages/testkit/src/faults/catalogue/index.js";
import { SUBJECTS } from "../../packages/testkit/src/faults/subjects.js";
import { FaultProxy } from "../../packages/testkit/src/faults/network/fault-proxy.js";
import { LyingServer } from "../../packages/testkit/src/faults/liars/lying-server.js";
import type { Addresses } from "./backing.js";
import type { SeenEvent } from "./probe.js";
import type { Report } from "./report.js";
import type { SessionWatch } from "./session-watch.js";

const ANSWERED_WITHIN_MS = 20_000;
const ENDED_WITHIN_MS = 10_000;
/** The transport's own deadlines: 15 s each for a dial, for a service to be ready, and twice for an answer that is owed. */
const PATIENCE_MS = 45_000;
const ASKS_AGAIN_MS = 4_000;

/** Names for `--fault`. */
export const faultNames: readonly string[] = FAULTS.map(({ name }) => name);

/** @throws Error for a name that is none of `faultNames`. */
export function faultCalled(name: string): Fault {
  const fault = FAULTS.find((each) => each.name === name);
  if (fault === undefined) throw new Error(`Unknown fault "${name}". Known faults: ${faultNames.join(", ")}.`);
  return fault;
}

/** Whether a fault leaves no room for the rest of the demonstration: the service lies, or not even the dial is as it should be. */
export const takesTheStage = ({ server, before, strike }: Fault): boolean =>
  server === "liar" || before !== undefined || strike === undefined;

/** What must hold when it strikes a service of the demo. @throws Error where it cannot. */
export function expectedOf(fault: Fault, service: string): Expectation {
  if (!takesTheStage(fault)) return fault.expect;
  const subject = SUBJECTS.find(({ name }) => name === service);
  if (subject === undefined) {
    throw new Error(`"${fault.name}" is for the services ${SUBJECTS.map(({ name }) => name).join(", ")}.`);
  }
  const expected = expectationOf(fault, subject.name);
  if (expected === undefined) throw new Error(`"${fault.name}" is no fault for "${service}".`);
  return expected;
}

/** What is seen and heard of the page. */
interface View {
  readonly page: Page;
  readonly watch: SessionWatch;
}

/** A fault that waits in front of a service until it is told to strike. */
export class DemoFault {
  #ask: (text: string) => void = () => undefined;
  readonly #scene: Scene;
  readonly #calm: Partial<LocalService["faults"]>;
  /** Whether it is a play of its own, instead of an act in the middle. */
  readonly takesTheStage: boolean;

  private constructor(
    private readonly fault: Fault,
    private readonly expected: Expectation,
    private readonly proxy: FaultProxy,
    private readonly service: LocalService,
    private readonly liar: LyingServer | undefined,
  ) {
    this.takesTheStage = takesTheStage(fault);
    this.#calm = { ...service.faults };
    this.#scene = {
      proxy,
      service,
      get liar(): LyingServer {
        if (liar === undefined) throw new Error("there is no liar in this scene");
        return liar;
      },
      ask: (text) => {
        this.#ask(text);
      },
    };
  }

  static async before(service: LocalService, name: string, serviceName: string): Promise<DemoFault> {
    const fault = faultCalled(name);
    const subject = SUBJECTS.find((each) => each.name === serviceName);
    const liar = fault.server === "liar" && subject ? await LyingServer.start(subject.liar) : undefined;
    const proxy = await FaultProxy.start((liar ?? service).port);
    return new DemoFault(fault, expectedOf(fault, serviceName), proxy, service, liar);
  }

  /** The service's addresses, by way of the proxy. A liar starts no sessions: that the local service does for it. */
  get front(): Addresses {
    const { proxy, service, liar } = this;
    const http = (url: string): string => (liar === undefined ? proxy.via(url) : url);
    return {
      url: this.takesTheStage ? service.url : http(service.url),
      wsUrl: proxy.via(service.wsUrl),
      geminiUrl: proxy.via(service.geminiUrl),
      pipecatUrl: this.takesTheStage ? service.pipecatUrl : http(service.pipecatUrl),
      pipecatHost: new URL(proxy.via(service.url)).host,
    };
  }

  /** Strikes in the middle of a conversation, and sees that what follows is what the fault table says. */
  async strike(watch: SessionWatch, report: Report): Promise<void> {
    const { name, strike } = this.fault;
    this.#announce(report);
    const from = watch.events.length;
    await strike?.(this.#scene);
    if (this.expected.outcome === "ends") {
      await watch.until("the end of the session", () => watch.state === "disconnected", ENDED_WITHIN_MS);
      const told = watch.events.slice(from).some((event) => event.name === "error");
      report.check(told, `${name}: the session ended, as it must, and the app was told why`);
      return;
    }
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

  /** The whole play: a session with a broken service, as the fault table has it, in the page and with the app's own deadlines. */
  async play({ page, watch }: View, report: Report): Promise<void> {
    const { name, before, strike } = this.fault;
    this.#announce(report);
    const type = async (text: string): Promise<void> => {
      if (watch.state !== "ready") return;
      await page.fill("#text", text);
      await page.press("#text", "Enter");
    };
    this.#ask = (text) => void type(text);
    await before?.(this.#scene);
    await page.click("#connect");
    const ended = (): boolean => watch.state === "disconnected" && watch.last("error") !== undefined;
    await watch.until("ready, or the end", () => watch.state === "ready" || ended(), PATIENCE_MS);
    if (watch.state === "ready") {
      await page.click("#mute");
      await type("Before it.");
      await strike?.(this.#scene);
      await this.#continuesOrEnds(watch, type, ended);
    }
    const told = watch.events.filter((event) => event.name === "error").map(codeIn);
    const { expected } = this;
    if (expected.outcome === "ends") {
      report.check(ended(), `${name}: the session ended, as it must`);
      report.check(told.includes(expected.code), `${name}: the app was told why: ${told.join(", ")}`);
    } else {
      report.check(!ended(), `${name}: the conversation went on`);
      const allowed: readonly ToldCode[] = [...expected.errors, ...(expected.maybe ?? [])];
      const surprises = told.filter((code) => !allowed.some((each) => each === code));
      report.check(surprises.length === 0, `${name}: the app was told: ${told.join(", ") || "nothing"}`);
    }
  }

  /** What stays broken would break the next session, too. */
  async lift(): Promise<void> {
    Object.assign(this.service.faults, this.#calm);
    if (this.liar) this.liar.lie = {};
    await this.proxy.heal();
  }

  async close(): Promise<void> {
    await this.proxy.close();
    await this.liar?.close();
  }

  #announce(report: Report): void {
    report.setup("fault", `${this.fault.name}: ${this.fault.injected}`);
  }

  /** Asks again and again until one text is answered, or the session is over. */
  async #continuesOrEnds(watch: SessionWatch, type: (text: string) => Promise<void>, ended: () => boolean) {
    const end = Date.now() + PATIENCE_MS;
    for (let number = 1; Date.now() < end && !ended(); number += 1) {
      const text = `After it ${number}.`;
      const from = watch.events.length;
      await type(text);
      const next = Date.now() + ASKS_AGAIN_MS;
      while (Date.now() < next && !ended()) {
        if (wordsSince(watch, from).includes(text)) return;
        await sleep(50);
      }
    }
    if (!ended()) throw new Error(`${this.fault.name}: neither an answer nor an end within ${PATIENCE_MS / 1000} s`);
  }
}

const wasIn =
  (state: string) =>
  (event: SeenEvent): boolean =>
    event.name === "transportStateChanged" && event.data === state;

const WORDS = ["botLlmText", "botTtsText", "botTranscript"];

/** What the bot has said since, as far as one kind of event tells it. */
function wordsSince(watch: SessionWatch, from: number): string {
  return WORDS.map((name) =>
    watch.events
      .slice(from)
      .filter((event) => event.name === name)
      .map(({ data }) => fieldOf(data, "text") ?? "")
      .join(""),
  ).join("\n");
}

/** The code of an RTVI error; `none` for one of the service's own. */
function codeIn({ data }: SeenEvent): string {
  return fieldOf(typeof data === "object" && data !== null && "data" in data ? data.data : undefined, "code") ?? "none";
}

function fieldOf(data: unknown, key: string): string | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const value: unknown = Object.entries(data).find(([name]) => name === key)?.[1];
  return typeof value === "string" ? value : undefined;
}
