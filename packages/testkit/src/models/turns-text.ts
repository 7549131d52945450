import type { AnyStateNode, StateValue } from "xstate";
import { turnsMachine } from "../../../../machines/index.js";
import { leavesOf, type TurnStep, type TurnsWalk } from "./turns-walk.js";

const ROOT = "turns.";

function nameOf(reference: unknown): string {
  if (typeof reference === "string") return reference;
  if (typeof reference === "object" && reference !== null && "type" in reference) return String(reference.type);
  return "(inline)";
}

/** The leaf in which a transition finds the chart: its own, or the one inside its region that is active. */
function leafOf(source: AnyStateNode, { from }: TurnStep): string {
  const path = source.id.slice(ROOT.length);
  return leavesOf(from.value as StateValue).find((leaf) => leaf === path || leaf.startsWith(`${path}.`)) ?? path;
}

/** One line for each way in which a leaf was seen to answer a letter, with what the chart does meanwhile. */
function linesOf(step: TurnStep): { readonly leaf: string; readonly line: string }[] {
  const { note, event } = step.letter;
  return step.taken.map(({ source, target, guard, actions }) => {
    const leaf = leafOf(source, step);
    const label = [event.type.replace(/^xstate\.after\.(\w+)\..*/, "after $1"), note === undefined ? "" : ` (${note})`];
    const condition = guard === undefined ? "" : ` [${nameOf(guard)}]`;
    const targets = (target ?? []).map(({ id }) => id.slice(ROOT.length));
    const where = targets.length === 0 || (targets.length === 1 && targets[0] === leaf) ? "stays" : targets.join(" & ");
    const done = actions.length === 0 ? "" : ` / ${actions.map(nameOf).join(", ")}`;
    return { leaf, line: `${label.join("")}${condition} -> ${where}${done}` };
  });
}

function allNodes(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values<AnyStateNode>(node.states).flatMap(allNodes)];
}

export const turnsNodes: readonly AnyStateNode[] = allNodes(turnsMachine.root);

/** What was walked, as text that a reviewer reads: each leaf with its tags, and what it was seen to do. */
export function describeTurns({ states, steps }: TurnsWalk): string {
  const leaves = turnsNodes.filter((node) => Object.keys(node.states).length === 0);
  const seen = new Map(leaves.map(({ id }) => [id.slice(ROOT.length), new Set<string>()]));
  for (const step of steps) for (const { leaf, line } of linesOf(step)) seen.get(leaf)?.add(line);
  const blocks = leaves.map((node) => {
    const tags = node.tags.map((tag) => ` [${tag}]`).join("");
    const path = node.id.slice(ROOT.length);
    return [`${path}${tags}`, ...[...(seen.get(path) ?? [])].sort().map((line) => `  ${line}`)].join("\n");
  });
  const lines = [...seen.values()].reduce((sum, { size }) => sum + size, 0);
  const heading = `# turns: ${leaves.length} leaves, ${lines} edges of leaves, ${states.length} configurations, ${steps.length} steps`;
  return [heading, ...blocks, ""].join("\n\n");
}
