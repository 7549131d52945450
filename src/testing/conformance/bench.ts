import {
  LogLevel,
  PipecatClient,
  type DeviceError,
  type RTVIEventCallbacks,
  type RTVIMessage,
  type TransportState,
} from "@pipecat-ai/client-js";
import { same, settles, twoSeconds, waitWith } from "./check.js";
import type { ConformanceHarness, ConformanceRunner, HarnessFactory } from "./harness.js";
import { standInForPage } from "./page.js";

/** A client on a harness, and what its app has seen. */
export class Bench {
  readonly client: PipecatClient;
  readonly deviceErrors: DeviceError[] = [];
  readonly errors: RTVIMessage[] = [];
  /** What the app does in a callback, by its name or by the announced state; run once. */
  readonly reactions = new Map<string, () => void>();
  readonly #seen: string[] = [];
  readonly #broken: string[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(
    readonly harness: ConformanceHarness,
    options: BenchOptions = {},
  ) {
    this.client = new PipecatClient({ transport: harness.transport, callbacks: this.#callbacks(), ...options });
    this.client.setLogLevel(LogLevel.NONE);
  }

  get state(): TransportState {
    return this.client.state;
  }

  /** States and callbacks since the last call, in order. */
  take(): string[] {
    return this.#seen.splice(0);
  }

  /** Waits, without letting the transport's time pass, until the state is announced. */
  async until(state: TransportState): Promise<void> {
    const reached = new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.state !== state) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
    await settles(reached, `the way to "${state}" (now "${this.state}")`);
  }

  /** After a call of `disconnect()`: waits until it is under way, unless it is over at once. */
  async closing(): Promise<void> {
    if (this.harness.closes !== "at once") await this.until("disconnecting");
  }

  /** Connects until ready, and forgets what was seen on the way. */
  async ready(): Promise<void> {
    await settles(this.client.connect(), "connect()");
    this.take();
  }

  /** Goes to a state on the way to ready, and stays there with its `connect()` pending. */
  async onTheWay(to: "connecting" | "connected"): Promise<{ readonly connect: Promise<unknown> }> {
    const { service } = this.harness;
    if (to === "connecting") service.connect("hang");
    else service.ready("never");
    const connect = this.client.connect();
    // Each case looks at it in its own time.
    connect.catch(() => undefined);
    await this.until(to);
    this.take();
    return { connect };
  }

  /** `disconnect()`, with as much time as it may need. */
  async disconnect(): Promise<void> {
    const ending = this.client.disconnect();
    await Promise.race([ending, this.harness.elapse(this.harness.deadlines.disconnect + 1)]);
    await settles(ending, "disconnect()");
  }

  /** Everything is given back, and the getter and the callbacks never disagreed. */
  checkSettled(): void {
    same(this.state, "disconnected", "the state after disconnect()");
    same(this.harness.leftovers(), [], "what is still held after disconnect()");
    this.checkAgreement();
  }

  checkAgreement(): void {
    same(this.#broken, [], "transport.state and onTransportStateChanged");
  }

  #callbacks(): RTVIEventCallbacks {
    return {
      onTransportStateChanged: (state) => {
        if (this.state !== state) this.#broken.push(`announced ${state} in ${this.state}`);
        this.#saw(state);
      },
      onConnected: () => this.#saw("onConnected"),
      onDisconnected: () => this.#saw("onDisconnected"),
      onBotStarted: () => this.#saw("onBotStarted"),
      onBotReady: () => this.#saw("onBotReady"),
      onError: (message) => {
        this.errors.push(message);
        this.#saw(isFatal(message) ? "onError (fatal)" : "onError");
      },
      onDeviceError: (error) => {
        this.deviceErrors.push(error);
        this.#saw("onDeviceError");
      },
    };
  }

  #saw(name: string): void {
    this.#seen.push(name);
    for (const look of [...this.#waiting]) look();
    const reaction = this.reactions.get(name);
    this.reactions.delete(name);
    reaction?.();
  }
}

function isFatal({ data }: RTVIMessage): boolean {
  return typeof data === "object" && data !== null && "fatal" in data && data.fatal === true;
}

/** How a suite is run. */
export interface ConformanceOptions {
  /**
   * Cases that the transport is known not to pass, by their titles, `"disconnect(): twice at once is one"`, each with what the
   * transport does instead. They run all the same: one that passes fails, for the gap is closed and its line has to go.
   */
  readonly knownGaps?: Readonly<Record<string, string>>;
  /**
   * Settles when a promise of the transport that has not settled yet never will. Default: after two seconds of real time. Where all is
   * scripted, some turns of the event loop do.
   */
  readonly patience?: () => Promise<unknown>;
}

type Body = (bench: Bench) => Promise<void>;

interface BenchOptions {
  readonly enableMic?: boolean;
}

/** What a group of cases is written with. */
export interface Suite {
  readonly describe: (name: string, body: () => void) => void;
  /** A case on a fresh bench. */
  readonly it: (name: string, body: Body, options?: BenchOptions) => void;
}

/** Joins a runner and a factory; `titles` are those of the cases so far. */
export function suiteOf(
  createHarness: HarnessFactory,
  runner: ConformanceRunner,
  { knownGaps = {}, patience = twoSeconds }: ConformanceOptions = {},
): Suite & { readonly titles: ReadonlySet<string> } {
  const titles = new Set<string>();
  let group = "";
  const run = async (body: Body, options?: BenchOptions, isGap = false): Promise<void> => {
    waitWith(patience);
    const takeBackPage = standInForPage();
    let harness: ConformanceHarness | undefined;
    try {
      harness = await createHarness();
      const bench = new Bench(harness, options);
      const running = play(bench, body);
      await (isGap ? fails(running) : running);
    } finally {
      await harness?.dispose?.();
      takeBackPage();
    }
  };
  return {
    titles,
    describe: (name, body) => {
      runner.describe(name, () => {
        group = name;
        body();
      });
    },
    it: (name, body, options) => {
      const title = `${group}: ${name}`;
      titles.add(title);
      const gap = knownGaps[title];
      if (gap === undefined) runner.it(name, () => run(body, options));
      else runner.it(`${name} (known gap: ${gap})`, () => run(body, options, true));
    },
  };
}

async function play(bench: Bench, body: Body): Promise<void> {
  await body(bench);
  bench.checkAgreement();
  await bench.disconnect();
  bench.checkSettled();
}

/** Of the case alone: a harness that cannot be made is no gap. @throws Error when what was declared a gap passes. */
async function fails(running: Promise<void>): Promise<void> {
  const passed = await running.then(
    () => true,
    () => false,
  );
  if (passed) throw new Error("This case is declared a known gap and passes: take its title out of knownGaps.");
}
