import { describe, expect, it } from "vitest";
import type { SoakView } from "../../../../tools/soak/page.js";
import { verdictOf, type Sample } from "../../../../tools/soak/verdict.js";

const rest: SoakView = {
  state: "none",
  tracks: 0,
  contexts: 0,
  sockets: 0,
  peers: 0,
  timers: 0,
  listeners: 2,
  objectUrls: 0,
  recoveries: 0,
  restarts: 0,
  errors: 0,
  failed: "",
  userTurns: 9,
  botTurns: 9,
  listenerTypes: ["resize", "focus"],
};

/** Five minutes, a sample every ten seconds. */
const samples = (at: (minutes: number) => Partial<Sample>): Sample[] =>
  Array.from({ length: 30 }, (_, index) => {
    const minutes = (index + 1) / 6;
    return { ...rest, contexts: 1, sockets: 1, minutes, heapMb: 4 + (index % 2) / 50, ...at(minutes) };
  });

describe("the verdict on a soak", () => {
  it("is clean where nothing grew and nothing is left", () => {
    const { lines, problems } = verdictOf(
      rest,
      samples(() => ({})),
      rest,
    );
    expect(problems).toEqual([]);
    expect(lines.join("\n")).toMatch(/MB\/min ± 0\.\d{3} \(standard error\).*Student's t/s);
  });

  it("tells of a heap that grows, and not of one that has grown before", () => {
    const grows = verdictOf(
      rest,
      samples((minutes) => ({ heapMb: 4 + minutes / 5 })),
      rest,
    );
    expect(grows.problems).toEqual(["the heap grows by 0.200 MB/min"]);
    const settles = verdictOf(
      rest,
      samples((minutes) => ({ heapMb: minutes < 1 ? 3 : 4 })),
      rest,
    );
    expect(settles.problems).toEqual([]);
  });

  it("says nothing of a heap that it has hardly seen", () => {
    const few = samples((minutes) => ({ heapMb: minutes })).slice(0, 6);
    expect(verdictOf(rest, few, rest)).toMatchObject({ problems: [] });
  });

  it.each([
    ["contexts grew from 1 to 2", { contexts: 2 }],
    ["sockets grew from 1 to 3", { sockets: 3 }],
    ["timers grew from 0 to 4", { timers: 4 }],
    ["listeners grew from 2 to 5", { listeners: 5 }],
    ["tracks grew from 0 to 1", { tracks: 1 }],
  ])("tells that %s", (problem, held) => {
    expect(
      verdictOf(
        rest,
        samples((minutes) => (minutes > 4 ? held : {})),
        rest,
      ).problems,
    ).toEqual([problem]);
  });

  it("tells what is left, and which listeners", () => {
    const left = { ...rest, tracks: 1, listeners: 3, listenerTypes: ["resize", "devicechange", "focus"] };
    expect(
      verdictOf(
        rest,
        samples(() => ({})),
        left,
      ).problems,
    ).toEqual(["1 listeners left after disconnect() (devicechange)", "1 tracks left after disconnect()"]);
  });

  it("tells that the bot was never heard: a soak of silence proves nothing", () => {
    expect(
      verdictOf(
        rest,
        samples(() => ({ botTurns: 0 })),
        rest,
      ).problems,
    ).toEqual(["the bot was never heard"]);
  });
});
