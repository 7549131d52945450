import type { RTVIMessage, PipecatClientOptions, TransportState } from "@pipecat-ai/client-js";
import type { Arbitrary, AsyncCommand } from "fast-check";
import { InvalidOptionsError } from "../../errors.js";
import { realTimeout } from "../conformance/check.js";
import type { ConformanceHarness, HarnessFactory } from "../conformance/harness.js";
import { standInForPage } from "../conformance/page.js";

/** How a model is run. */
export interface ModelRunOptions {
  /** Default 200. */
  readonly runs?: number;
  /** With the same seed come the same runs; a failure names it. Default: another each time. */
  readonly seed?: number;
  /** How many steps a run has at most. Default 30. */
  readonly steps?: number;
  /** Further commands or facts, by the names under which they are read in a trace: what your service or app does beside the usual. */
  readonly commands?: Readonly<Record<string, (harness: ConformanceHarness) => unknown>>;
  /** What must hold after every step beside the usual, by its name. */
  readonly invariants?: Readonly<Record<string, (harness: ConformanceHarness) => boolean>>;
}

/** Ms that pass at once; some deadlines fall between them, none is skipped. */
const WAITS = [1, 400, 2_500, 20_000] as const;
const CALLS_AGAIN = 3;

/** An app on a transport, and what it has been told. */
class ModelApp {
  readonly #promises: { readonly name: string; isPending: boolean }[] = [];
  readonly #broken: string[] = [];
  #announced: TransportState = "disconnected";

  constructor(readonly harness: ConformanceHarness) {
    const { transport } = harness;
    const callbacks: PipecatClientOptions["callbacks"] = {
      onTransportStateChanged: (state) => {
        if (transport.state !== state) this.#broken.push(`${state} was announced in ${transport.state}`);
        this.#announced = state;
      },
      onError: (message) => {
        // As the client does.
        if (isFatal(message)) this.disconnect();
      },
    };
    transport.initialize({ transport, enableMic: true, callbacks }, () => undefined);
  }

  connect(): void {
    this.#track("connect()", this.#connect());
  }
  disconnect(): void {
    this.#track("disconnect()", this.harness.transport.disconnect());
  }
  initDevices(): void {
    this.#track("initDevices()", this.harness.transport.initDevices());
  }

  /** As the client does it. */
  async #connect(): Promise<void> {
    const { transport } = this.harness;
    try {
      await transport.connect();
      transport.sendReadyMessage();
    } catch (error) {
      this.disconnect();
      throw error;
    }
  }

  #track(name: string, promise: Promise<unknown>): void {
    const entry = { name, isPending: true };
    this.#promises.push(entry);
    const settled = (): void => {
      entry.isPending = false;
    };
    promise.then(settled, settled);
  }

  /** @throws Error for what must hold at every moment. */
  checkAlways(invariants: ModelRunOptions["invariants"] = {}): void {
    claim(this.#broken.length === 0, "callbacks and transport.state agree", this.#broken);
    const { state } = this.harness.transport;
    claim(state === this.#announced, "transport.state is what was announced last", [state, this.#announced]);
    for (const [name, holds] of Object.entries(invariants)) claim(holds(this.harness), name);
  }

  /** @throws Error for what must hold once everything has had its turn. */
  checkRests(): void {
    const { transport, service } = this.harness;
    claim(transport.state !== "ready" || service.held !== 0, "no session without a connection", "its state is ready");
  }

  /** Everything ends: promises, timers, whatever is held. @throws Error */
  async checkEnds(): Promise<void> {
    const { harness } = this;
    this.disconnect();
    const { connect, ready, disconnect, reconnect } = harness.deadlines;
    // Longer than all that it may still wait for.
    await harness.elapse(connect + ready + disconnect + reconnect);
    claim(harness.transport.state === "disconnected", "it is disconnected", harness.transport.state);
    claim(harness.leftovers().length === 0, "nothing is held", harness.leftovers());
    const pending = this.#promises.filter(({ isPending }) => isPending).map(({ name }) => name);
    claim(pending.length === 0, "every promise has settled", pending);
  }

  /** It is as good as new. @throws Error */
  async checkConnectsAgain(): Promise<void> {
    const { harness } = this;
    harness.service.connect("open");
    harness.service.ready("at once");
    harness.service.close("answer");
    harness.microphone.answer("allow");
    // A start that was cancelled refuses the one connect() that belongs to it.
    for (let call = 0; call < CALLS_AGAIN && harness.transport.state !== "ready"; call += 1) {
      this.connect();
      for (const ms of [1, 1, 1_000]) await harness.elapse(ms);
    }
    claim(harness.transport.state === "ready", "it connects again", harness.transport.state);
  }
}

const isFatal = ({ data }: RTVIMessage): boolean =>
  typeof data === "object" && data !== null && "fatal" in data && data.fatal === true;

function claim(holds: boolean, what: string, seen?: unknown): void {
  if (!holds) throw new Error(`Broken: ${what}${seen === undefined ? "" : `, but ${JSON.stringify(seen)}`}`);
}

type Acts = Readonly<Record<string, (app: ModelApp) => unknown>>;

const APP: Acts = {
  "app: connect()": (app) => app.connect(),
  "app: disconnect()": (app) => app.disconnect(),
  "app: initDevices()": (app) => app.initDevices(),
  "app: mutes": ({ harness }) => harness.transport.enableMic(false),
  "app: unmutes": ({ harness }) => harness.transport.enableMic(true),
};

const WORLD: Acts = {
  "service: connections open": ({ harness }) => harness.service.connect("open"),
  "service: connections are refused": ({ harness }) => harness.service.connect("refuse"),
  "service: connections hang": ({ harness }) => harness.service.connect("hang"),
  "service: ready at once": ({ harness }) => harness.service.ready("at once"),
  "service: never ready": ({ harness }) => harness.service.ready("never"),
  "service: answers a close": ({ harness }) => harness.service.close("answer"),
  "service: leaves a close unanswered": ({ harness }) => harness.service.close("hang"),
  "network: connection lost": ({ harness }) => harness.service.drop("retryable"),
  "service: ends it for good": ({ harness }) => harness.service.drop("final"),
  "user: will allow": ({ harness }) => harness.microphone.answer("allow"),
  "user: will refuse": ({ harness }) => harness.microphone.answer("deny"),
  "user: will not answer": ({ harness }) => harness.microphone.answer("wait"),
};

const TIME: Acts = Object.fromEntries(WAITS.map((ms) => [`time: ${ms} ms`, ({ harness }) => harness.elapse(ms)]));

/** Lets everything happen that waits for nothing but its turn. */
const turn = (): Promise<void> => new Promise((resolve) => realTimeout(resolve, 0));

/** @throws as `LifecycleModel.check`; InvalidOptionsError where `fast-check` is not installed. */
export async function runModel(createHarness: HarnessFactory, options: ModelRunOptions = {}): Promise<void> {
  const { runs = 200, seed, steps = 30, commands = {}, invariants } = options;
  const fc = await import("fast-check").catch((cause: unknown) => {
    throw new InvalidOptionsError("Running a model needs the package fast-check: npm install --save-dev fast-check", {
      cause,
    });
  });

  class Step implements AsyncCommand<object, ModelApp> {
    constructor(
      private readonly name: string,
      private readonly act: (app: ModelApp) => unknown,
      private readonly isDrained: boolean,
    ) {}
    check(): boolean {
      return true;
    }
    async run(_: object, app: ModelApp): Promise<void> {
      await this.act(app);
      app.checkAlways(invariants);
      if (!this.isDrained) return;
      await turn();
      app.checkAlways(invariants);
      app.checkRests();
    }
    toString(): string {
      return this.isDrained ? this.name : `${this.name} (and at once)`;
    }
  }

  const own: Acts = Object.fromEntries(
    Object.entries(commands).map(([name, act]) => [name, ({ harness }: ModelApp) => act(harness)]),
  );
  const stepsOf = (acts: Acts): Arbitrary<Step> =>
    fc
      .tuple(fc.constantFrom(...Object.entries(acts)), fc.boolean())
      .map(([[name, act], isDrained]) => new Step(name, act, isDrained));
  const kinds = [APP, WORLD, TIME, ...(Object.keys(own).length === 0 ? [] : [own])].map(stepsOf);

  const takeBackPage = standInForPage();
  try {
    await fc.assert(
      fc.asyncProperty(fc.commands(kinds, { maxCommands: steps, size: "max" }), async (walk) => {
        const harness = await createHarness();
        try {
          const app = new ModelApp(harness);
          await fc.asyncModelRun(() => ({ model: {}, real: app }), walk);
          await app.checkEnds();
          await app.checkConnectsAgain();
          await app.checkEnds();
        } finally {
          await harness.dispose?.();
        }
      }),
      { numRuns: runs, includeErrorInReport: true, ...(seed !== undefined && { seed }) },
    );
  } finally {
    takeBackPage();
  }
}
