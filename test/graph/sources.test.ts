import { readFile } from "node:fs/promises";
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from "xstate";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readChartSource, type SourceState, type SourceTransition } from "../../packages/chart-reader/src/index.js";
import { findMachineFiles, loadMachine, readChartList } from "../../tools/charts/config.js";

/** A chart as text: each state with its facts, each arrow with where it leads. */
type ChartText = Readonly<Record<string, readonly string[]>>;

const source = (file: string): Promise<string> => readFile(file, "utf8");

/** Whether a file holds its whole chart: one `setup().createMachine()` literal. */
const isLiteral = (text: string): boolean =>
  text.split(".createMachine({").length === 2 && /\bsetup\(\{[^]*\n\}\)\.createMachine\(\{/.test(text);

const files = (await findMachineFiles()).filter((file) => file.startsWith("machines/"));
const texts = new Map(await Promise.all(files.map(async (file) => [file, await source(file)] as const)));
const literals = files.filter((file) => isLiteral(texts.get(file) ?? ""));

const line = (event: string, guard: string | undefined, targets: readonly string[], actions: readonly string[]) =>
  `${event}${guard === undefined ? "" : ` [${guard}]`} -> ${targets.join(" & ")} / ${actions.join(", ")}`;

function stateLines(of: Pick<SourceState, "type" | "description" | "tags" | "invokes">): string[] {
  return [
    `type ${of.type ?? "ordinary"}`,
    `description ${of.description ?? "none"}`,
    `tags ${of.tags.join(" ")}`,
    ...of.invokes.map((src) => `invokes ${src}`),
  ];
}

/** Where a target leads that is written in the state of this path; ids are those that XState gives. */
function resolved(target: string, path: string, id: string): string {
  if (target.startsWith("#")) return target.slice(1);
  const full = path === "" ? id : `${id}.${path}`;
  if (target.startsWith(".")) return `${full}${target}`;
  return `${full.slice(0, full.lastIndexOf("."))}.${target}`;
}

function readText(text: string, id: string): ChartText {
  const arrow = (state: SourceState, { event, guard, targets, actions }: SourceTransition): string =>
    line(
      event,
      guard,
      targets.map((target) => resolved(target, state.path, id)),
      actions,
    );
  return Object.fromEntries(
    readChartSource(text).map((state) => [
      state.path === "" ? id : `${id}.${state.path}`,
      [...stateLines(state), ...state.transitions.map((each) => arrow(state, each)).sort()],
    ]),
  );
}

function nameOf(reference: unknown): string {
  if (typeof reference === "string") return reference;
  return typeof reference === "object" && reference !== null && "type" in reference ? String(reference.type) : "inline";
}

function eventOf(descriptor: string, node: AnyStateNode): string {
  return descriptor
    .replace(/^xstate\.after\.(.*)$/, (_, rest: string) => `after ${rest.replace(`.${node.id}`, "")}`)
    .replace(/^xstate\.done\.actor\.(.*)$/, "$1 done")
    .replace(/^xstate\.error\.actor\.(.*)$/, "$1 crashed")
    .replace(/^xstate\.done\.state\..*$/, "done");
}

const typeOf = ({ type }: AnyStateNode): SourceState["type"] =>
  type === "parallel" || type === "history" || type === "final" ? type : undefined;

function machineText(machine: AnyStateMachine): ChartText {
  const nodes = (node: AnyStateNode): AnyStateNode[] => [
    node,
    ...Object.values<AnyStateNode>(node.states).flatMap(nodes),
  ];
  const arrow = (event: string, { guard, target, actions }: AnyTransitionDefinition): string =>
    line(
      event,
      guard === undefined ? undefined : nameOf(guard),
      (target ?? []).map(({ id }) => id),
      actions.map(nameOf),
    );
  return Object.fromEntries(
    nodes(machine.root).map((node) => {
      const { description, tags, invoke, transitions, always } = node;
      const invokes = invoke.map(({ src }) => (typeof src === "string" ? src : "inline"));
      const arrows = [
        ...[...transitions].flatMap(([descriptor, list]) => list.map((each) => arrow(eventOf(descriptor, node), each))),
        ...(always ?? []).map((each) => arrow("always", each)),
      ];
      return [node.id, [...stateLines({ type: typeOf(node), description, tags, invokes }), ...arrows.sort()]];
    }),
  );
}

describe("charts: as Stately's tools read them from the source", () => {
  const warned: string[] = [];
  beforeAll(() => {
    vi.spyOn(console, "warn").mockImplementation((message: unknown) => void warned.push(String(message)));
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });

  it("finds the charts that are one literal", () => {
    expect(literals).toEqual(
      expect.arrayContaining([
        "machines/microphone.machine.ts",
        "machines/speaker.machine.ts",
        "machines/turns.machine.ts",
      ]),
    );
  });

  it.each(literals)("%s: every state, transition, invoked actor, tag and description is there", async (file) => {
    const entry = (await readChartList()).find((each) => each.file === file);
    if (entry === undefined) throw new Error(`stately.config.json does not list ${file}.`);
    const machine = await loadMachine(entry);
    const read = readText(texts.get(file) ?? "", entry.id);
    expect(Object.keys(read).length).toBeGreaterThan(3);
    expect(read).toEqual(machineText(machine));
    expect(
      Object.values(read)
        .flat()
        .filter((text) => /\(?(inline|builtin)\)?/.test(text.split(" -> ")[1] ?? "")),
    ).toEqual([]);
  });

  it("meets nothing that it cannot read but the functions that make parameters", () => {
    expect(new Set(warned)).toEqual(
      new Set(["Unsupported property value of type ArrowFunctionExpression in assignment"]),
    );
  });
});
