import { inject } from "vitest";
import type { Continuity } from "../../../src/contracts/continuity.js";
import type { Logger } from "../../../src/log.js";
import type { TransportOptions } from "../../../src/options.js";
import { OpenAIRealTimeWebRTCTransport } from "../../../src/providers/openai/index.js";
import type { CallOrder, CallView, StrikeLine } from "../../../packages/testkit/src/faults/calls/call-stage.js";
import { FaultApp } from "../../../packages/testkit/src/faults/run/app.js";
import type { FaultReport, FaultStage, Patience } from "../../../packages/testkit/src/faults/run/play-fault.js";
import { canary, LeakWatch } from "../../../packages/testkit/src/secrets/secrets.js";
import { PageHoldings } from "./page-holdings.js";

/** Short, so that waiting for a fault to be noticed takes no longer than it must. Times in ms. */
const DEADLINES: TransportOptions = {
  timeouts: { connect: 6_000, ready: 4_000, disconnect: 500, silence: 2_500, probe: 2_000, iceGrace: 500 },
  reconnect: { base: 40, factor: 2, cap: 400, attempts: 6, minUptime: 2_000 },
};

/** What a browser does to a voice costs more than all the rest of a session. */
const UNPROCESSED = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

/** The half of a scene that is in the page: an app that calls. The other half is in Node, and strikes. */
export class PageStage implements FaultStage {
  readonly leaks = new LeakWatch();
  readonly key = canary();
  /** For a machine that has much else to do. */
  readonly patience: Patience = { connects: 25_000, answers: 5_000, continues: 20_000, asksAgain: 3_000 };
  readonly stragglersMs = 0;
  continuity: Continuity | undefined;
  readonly app: FaultApp;
  readonly #holdings = new PageHoldings();

  private constructor(
    private readonly scene: number,
    url: string,
  ) {
    const transport = new OpenAIRealTimeWebRTCTransport(
      // The fake microphone speaks without end, and would interrupt.
      { api_key: this.key, base_url: url, session_config: { turn_detection: null } },
      undefined,
      {
        ...DEADLINES,
        ...this.#holdings.options,
        audio: { ...this.#holdings.options.audio, ...UNPROCESSED },
        random: () => 0.5,
        onRecovered: ({ continuity }) => (this.continuity = continuity),
        logger: this.#logger(),
        inspect: (event) => {
          if (event.type === "@xstate.event") this.leaks.add("inspected event", JSON.stringify(event.event));
          if (event.type === "@xstate.snapshot") this.leaks.add("inspected snapshot", JSON.stringify(event.snapshot));
        },
      },
    );
    this.app = new FaultApp(transport, this.leaks);
  }

  static async set(fault: string): Promise<PageStage> {
    const { scene, url } = await order({ do: "set", fault });
    return new PageStage(scene, url);
  }

  get mostSockets(): number {
    return this.#holdings.mostPeers;
  }

  /** Contexts close in their own time. */
  async leftovers(): Promise<readonly string[]> {
    await this.until(() => this.#holdings.leftovers.length === 0, 2_000);
    return this.#holdings.leftovers;
  }

  /** Done already, where the scene was set. */
  before(): void {}

  async strike(begun: () => void): Promise<void> {
    for await (const line of linesOf(await post({ do: "strike", scene: this.scene }))) {
      const told = JSON.parse(line) as StrikeLine;
      if (told.ask === undefined) begun();
      else this.app.ask(told.ask);
    }
  }

  async gapMs(): Promise<number> {
    return (await this.#look("")).gapMs;
  }

  async arrived(text: string): Promise<boolean> {
    return (await this.#look(text)).arrived;
  }

  async until(what: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
    for (const end = performance.now() + timeoutMs; performance.now() < end;) {
      if (await what()) return true;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return what();
  }

  /** What about a report is not as it must be. */
  async judge(report: FaultReport): Promise<readonly string[]> {
    return (await order({ do: "judge", scene: this.scene, report })).problems;
  }

  async close(): Promise<void> {
    await order({ do: "close", scene: this.scene });
  }

  #look(text: string): Promise<CallView> {
    return order({ do: "look", scene: this.scene, text });
  }

  #logger(): Logger {
    const write =
      (level: string) =>
      (message: string, ...details: unknown[]): void => {
        this.leaks.add(`log ${level}`, message, ...details);
      };
    return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  }
}

async function post(body: CallOrder): Promise<Response> {
  // As plain text the browser sends it without asking first.
  const response = await fetch(inject("callStageUrl"), { method: "POST", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(await response.text());
  return response;
}

async function order(body: CallOrder): Promise<CallView> {
  return (await (await post(body)).json()) as CallView;
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let read = await reader?.read(); read?.value !== undefined; read = await reader?.read()) {
    const lines = (rest + read.value).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
