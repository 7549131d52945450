import { describe, expect, it } from "vitest";
import { reliabilityDocument, surprises } from "../../../../scripts/reliability/document.js";
import { measure, readResults } from "../../../../scripts/reliability/measured.js";
import { continues, ends, type Fault } from "../../../faults/catalogue/fault.js";
import { SUBJECTS } from "../../../faults/subjects.js";

const fault = (name: string, expect: Fault["expect"]): Fault => ({ name, injected: "something | else", expect });
const catalogue = [
  {
    title: "A group",
    faults: [fault("shake", continues(800, "connection-lost")), fault("break", ends("unauthorized"))],
  },
];
const subjects = SUBJECTS.filter(({ name }) => name === "openai-websocket");
const seen = (name: string, ...problems: string[]) => ({
  fault: name,
  subject: "openai-websocket",
  problems,
  gapMs: 0,
});

describe("reliabilityDocument", () => {
  it("has a row per fault, with what was measured of it", () => {
    const measured = { "openai-websocket": { shake: { gap: "< 0.3 s", conversation: "replayed" } } };
    const text = reliabilityDocument(catalogue, subjects, measured, []);
    expect(text).toContain("## A group");
    expect(text).toContain("| `shake` | something \\| else | continues, < 0.3 s, replayed, `connection-lost` |");
    expect(text).toContain("| `break` | something \\| else | ends: `unauthorized` |");
    expect(text).not.toContain("Pipecat's own");
  });

  it("has what the peers did, where they were measured", () => {
    const peer = { peer: "them", title: "Theirs", showsKeyInConsole: true, unhandled: 3, outcomes: { shake: "hangs" } };
    const text = reliabilityDocument(catalogue, subjects, {}, [peer]);
    expect(text).toContain("| `shake` | hangs |");
    expect(text).toContain("writes the credential to the console; 3 rejections");
  });
});

describe("measure", () => {
  it("takes the bucket of the median, so that one slow run changes nothing", () => {
    const runs = [90, 2_000, 80].map((gapMs) => [{ ...seen("shake"), gapMs, conversation: "resumed" }]);
    expect(measure(runs)).toEqual({ "openai-websocket": { shake: { gap: "< 0.1 s", conversation: "resumed" } } });
  });
});

describe("surprises", () => {
  it("is empty when every fault was run and did what it must", () => {
    expect(surprises([seen("shake"), seen("break")], catalogue, subjects)).toEqual([]);
  });

  it("tells of a fault that was not run, and of one that did something else", () => {
    expect(surprises([seen("shake", "continued")], catalogue, subjects)).toEqual([
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
