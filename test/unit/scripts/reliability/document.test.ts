import { describe, expect, it } from "vitest";
import { readResults, reliabilityDocument, surprises } from "../../../../scripts/reliability/document.js";
import { continues, ends, type Fault } from "../../../faults/catalogue/fault.js";
import { SUBJECTS } from "../../../faults/subjects.js";

const fault = (name: string, expect: Fault["expect"]): Fault => ({ name, injected: "something | else", expect });
const catalogue = [
  {
    title: "A group",
    faults: [fault("shake", continues(800, "connection-lost")), fault("break", ends("unauthorized"))],
  },
];
const seen = (name: string, ...problems: string[]) => ({ fault: name, subject: "openai-websocket", problems });

describe("reliabilityDocument", () => {
  it("has a row per fault, in buckets that do not depend on the machine", () => {
    const text = reliabilityDocument(catalogue, SUBJECTS);
    expect(text).toContain("## A group");
    expect(text).toContain("| `shake` | something \\| else | continues, < 1 s, `connection-lost` |");
    expect(text).toContain("| `break` | something \\| else | ends: `unauthorized` |");
  });
});

describe("surprises", () => {
  it("is empty when every fault was run and did what it must", () => {
    expect(surprises([seen("shake"), seen("break")], catalogue, SUBJECTS)).toEqual([]);
  });

  it("tells of a fault that was not run, and of one that did something else", () => {
    expect(surprises([seen("shake", "continued")], catalogue, SUBJECTS)).toEqual([
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
