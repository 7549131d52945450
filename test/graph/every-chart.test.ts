import { describe, expect, it } from "vitest";
import { charts } from "../../src/testing/model/charts.js";
import { describeWalk } from "../../packages/testkit/src/models/describe-walk.js";
import { nodesOf, walk } from "../../src/testing/model/graph.js";

describe.each(charts)("$id", (chart) => {
  const { states, edges } = walk(chart);

  it("can rest in every state that is not only passed through", () => {
    const seen = new Set(states.flatMap((state) => state._nodes.map((node) => node.id)));
    const resting = nodesOf(chart).filter((node) => node.always === undefined || node.always.length === 0);
    expect(resting.map((node) => node.id).filter((id) => !seen.has(id))).toEqual([]);
  });

  it("uses every letter of its alphabet", () => {
    const used = new Set(edges.map(({ letter }) => letter));
    const letters = Object.values(chart.alphabet).flat();
    expect(
      letters.filter((letter) => !used.has(letter)).map(({ event, note }) => `${event.type} ${note ?? ""}`),
    ).toEqual([]);
  });

  it("describes every state", () => {
    const silent = nodesOf(chart).filter(
      ({ parent, description }) => parent !== undefined && description === undefined,
    );
    expect(silent.map(({ id }) => id)).toEqual([]);
  });

  it("handles a crash of every actor it invokes", () => {
    const invoking = nodesOf(chart).flatMap((node) => node.invoke.map((invoke) => ({ node, id: invoke.id })));
    const unhandled = invoking.filter(({ node, id }) => !node.transitions.has(`xstate.error.actor.${id}`));
    expect(unhandled.map(({ id }) => id)).toEqual(chart.vital ?? []);
  });

  it("has no wildcard, which would swallow the crash of a child", () => {
    const wild = nodesOf(chart).filter((node) => [...node.transitions.keys()].some((type) => type.includes("*")));
    expect(wild.map((node) => node.id)).toEqual([]);
  });

  it("keeps serialisable facts only in its context", () => {
    for (const { context } of states) {
      expect(structuredClone(context)).toEqual(JSON.parse(JSON.stringify(context)));
    }
  });

  it("has the states and edges of its golden list", async () => {
    await expect(describeWalk(chart, { states, edges })).toMatchFileSnapshot(`golden/${chart.id}.txt`);
  });
});
