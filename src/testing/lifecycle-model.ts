import type { AnyStateMachine } from "xstate";
import type { HarnessFactory } from "./conformance/harness.js";
import { runModel, type ModelRunOptions } from "./model/run-model.js";
import { charts as smallCharts, turnsChart, type ChartUnderTest } from "./model/charts.js";
import { silenced } from "./model/graph.js";
import { edgesOf, pathsTo, statesOf, type ModelEdge, type ModelPath } from "./model/readable.js";

/** One chart, as a graph of what can be reached. Computed when first asked for. */
export interface ChartModel {
  /** `transport`, `connection`, `microphone`, `speaker` or `turns`. */
  readonly id: string;
  /** The chart, which tells nobody what it does, and what it is walked with: where a path's steps begin. */
  readonly machine: AnyStateMachine;
  readonly input: unknown;
  /** Every state that can be rested in, as a path: `idle.error`; regions that run beside each other are joined by ` & `. */
  states(): readonly string[];
  /** Every edge between them. */
  edges(): readonly ModelEdge[];
  /** One shortest way to each state. */
  shortestPaths(): readonly ModelPath[];
  /**
   * The ways to each state on which no state comes twice, up to a number for each: the whole of them is beyond counting.
   * @param most Ways to one state. Default 10.
   */
  simplePaths(most?: number): readonly ModelPath[];
}

/** The lifecycle of a voice session: what its charts can do, and whether a transport does what they promise. */
export interface LifecycleModel {
  readonly charts: readonly ChartModel[];
  /**
   * Drives fresh transports through commands of an app and facts of the world, in any order, and claims after every step what must
   * always hold; at the end everything is given back, every promise has settled, and the transport connects again. A run that fails
   * is shrunk to the steps that matter, each by its name.
   *
   * Needs the package `fast-check`.
   * @throws Error with the trace of the first run that broke a promise.
   */
  check(createHarness: HarnessFactory, options?: ModelRunOptions): Promise<void>;
}

export type { ModelEdge, ModelPath, ModelRunOptions };

function modelOf(chart: ChartUnderTest): ChartModel {
  return {
    id: chart.id,
    machine: silenced(chart),
    input: chart.input,
    states: () => statesOf(chart),
    edges: () => edgesOf(chart),
    shortestPaths: () => pathsTo(chart, 1),
    simplePaths: (most = 10) => pathsTo(chart, most),
  };
}

/**
 * ```ts
 * it("keeps its promises whatever happens", () => lifecycleModel().check(() => scriptedHarness()));
 * ```
 */
export function lifecycleModel(): LifecycleModel {
  return { charts: [...smallCharts, turnsChart].map(modelOf), check: runModel };
}
