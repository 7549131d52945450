import { describe, expect, it } from "vitest";
import { reliabilityDocument, surprises } from "../../../../tools/reliability/document.js";
import { measure, readResults } from "../../../../tools/reliability/measured.js";
import { continues, ends, type Fault } from "../../../../packages/testkit/src/faults/catalogue/fault.js";
import { SUBJECTS } from "../../../../packages/testkit/src/faults/subjects.js";

const fault = (name: string, expect: Fault["expect"]): Fault => ({ name, injected: "something | else", expect });
const catalogue = [
  {
    title: "A group",
    faults: [fault("shake", continues(800, "connection-lost")), fault("break", ends("unauthorized"))],
  },
];
const sockets = { catalogue, subjects: SUBJECTS.filter(({ name }) => name === "openai-websocket") };
const calls = {
  catalogue: [{ title: "Of calls", faults: [fault("hang-up", continues(800))] }],
  subjects: [{ name: "openai-webrtc", title: "A call" }] as const,
};
const seen = (name: string, ...problems: string[]) => ({
  fault: name,
  subject: "openai-websocket",
  problems,
  gapMs: 0,
});

describe("reliabilityDocument", () => {
  it("has a row per fault, with what was measured of it", () => {
    const measurements = {
      "openai-websocket": { shake: { gap: "< 0.3 s", continuity: "replayed" } },
      "openai-webrtc": { "hang-up": { gap: "< 3 s" } },
    };
    const text = reliabilityDocument({ sockets, calls, measurements, peers: [] });
    expect(text).toContain("## A group");
    expect(text).toContain("| `shake` | something \\| else | continues, < 0.3 s, replayed, `connection-lost` |");
    expect(text).toContain("| `break` | something \\| else | ends: `unauthorized` |");
    expect(text).toContain("### Of calls");
    expect(text).toContain("| `hang-up` | something \\| else | continues, < 3 s |");
    expect(text).toContain("- **A call**: 1 faults, all hold.");
    expect(text).not.toContain("Pipecat's own");
  });

  it("has what the peers did, where they were measured", () => {
    const peer = { peer: "them", title: "Theirs", showsKeyInConsole: true, unhandled: 3, outcomes: { shake: "hangs" } };
    const text = reliabilityDocument({ sockets, calls, measurements: {}, peers: [peer] });
    expect(text).toContain("| `shake` | hangs |");
    expect(text).toContain("writes the credential to the console; 3 rejections");
  });
});

describe("measure", () => {
  it("takes the bucket of the median, so that one slow run changes nothing", () => {
    const runs = [90, 2_000, 80].map((gapMs) => [{ ...seen("shake"), gapMs, continuity: "resumed" }]);
    expect(measure(runs)).toEqual({ "openai-websocket": { shake: { gap: "< 0.1 s", continuity: "resumed" } } });
  });
});

describe("surprises", () => {
  it("is empty when every fault was run and did what it must", () => {
    expect(surprises([seen("shake"), seen("break")], sockets)).toEqual([]);
  });

  it("tells of a fault that was not run, and of one that did something else", () => {
    expect(surprises([seen("shake", "continued")], sockets)).toEqual([
      "openai-websocket: shake: continued",
      "openai-websocket: break was not run",
    ]);
  });
});

describe("readResults", () => {
  it.each([[{}], [[{ fault: "shake" }]], [[null]]])("refuses %j", (json) => {
    expect(() => readResults(json)).toThrow("result");
  });
});
