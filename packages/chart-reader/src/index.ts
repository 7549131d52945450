import { extractMachinesFromFile } from "@xstate/machine-extractor";

/** One arrow of a chart as its source has it. */
export interface SourceTransition {
  /** `user.started`, `after lull`, `always`, `playback crashed`, `link done`. */
  readonly event: string;
  readonly guard: string | undefined;
  /** As written: `silent`, `.silent`, `#turns.user.silent`; none for a transition that stays. */
  readonly targets: readonly string[];
  /** Names of the actions. */
  readonly actions: readonly string[];
}

/** One state of a chart as its source has it. */
export interface SourceState {
  /** Keys from the root, joined by dots; "" is the root. */
  readonly path: string;
  readonly type: "parallel" | "history" | "final" | undefined;
  readonly description: string | undefined;
  readonly tags: readonly string[];
  /** Sources of the actors that it invokes. */
  readonly invokes: readonly string[];
  readonly transitions: readonly SourceTransition[];
}

type Extracted = NonNullable<NonNullable<ReturnType<typeof extractMachinesFromFile>>["machines"][number]>;
type Config = NonNullable<ReturnType<Extracted["toConfig"]>>;
type State = NonNullable<Config["states"]>[string];
type Transitions = NonNullable<State["always"]>;

function listOf<T>(value: T | T[] | undefined): T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function arrows(event: string, transitions: Transitions | undefined): SourceTransition[] {
  return listOf(transitions).map(({ target, cond, actions }) => ({
    event,
    guard: cond?.type,
    targets: listOf(target),
    actions: listOf(actions).map(({ kind, action }) => (kind === "named" ? action.type : `(${kind})`)),
  }));
}

function read(state: State, path: string): SourceState[] {
  const invokes = listOf(state.invoke);
  const own: SourceState = {
    path,
    type: state.type,
    description: state.description,
    tags: listOf(state.tags),
    invokes: invokes.map(({ src }) => src),
    transitions: [
      ...Object.entries(state.on ?? {}).flatMap(([event, list]) => arrows(event, list)),
      ...Object.entries(state.after ?? {}).flatMap(([delay, list]) => arrows(`after ${delay}`, list)),
      ...arrows("always", state.always),
      ...arrows("done", state.onDone),
      ...invokes.flatMap(({ id, src, onDone, onError }) => [
        ...arrows(`${id ?? src} done`, onDone),
        ...arrows(`${id ?? src} crashed`, onError),
      ]),
    ],
  };
  const children = Object.entries(state.states ?? {});
  return [own, ...children.flatMap(([key, child]) => read(child, path === "" ? key : `${path}.${key}`))];
}

/**
 * Reads the one chart of a source file, as Stately's editor and viewer would, without running it.
 * @returns its states, parents first.
 * @throws Error when the file does not hold exactly one `createMachine()` that can be read.
 */
export function readChartSource(source: string): readonly SourceState[] {
  const machines = extractMachinesFromFile(source)?.machines ?? [];
  const [machine] = machines;
  const config = machines.length === 1 ? machine?.toConfig() : undefined;
  if (config === undefined) throw new Error(`The file holds ${machines.length} machines, or one that cannot be read.`);
  return read(config, "");
}
