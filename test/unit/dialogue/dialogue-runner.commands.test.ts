import { describe, expect, it } from "vitest";
import type { Connection } from "../../../src/contracts/connection.js";
import type { Dialogue, Effect } from "../../../src/contracts/dialogue.js";
import { DialogueRunner } from "../../../src/dialogue/dialogue-runner.js";
import { silent } from "../../../packages/testkit/src/worlds/world.js";

/** A runner over a dialogue that answers as it is told, and what its session is asked to do, in order. */
function rig(dialogue: Partial<Dialogue>) {
  const log: string[] = [];
  const note =
    (what: string) =>
    (...args: readonly unknown[]): void =>
      void log.push([what, ...args].join(" "));
  const runner = new DialogueRunner(
    {
      enter: (run) => {
        log.push("enter");
        run();
        log.push("leave");
      },
      deliver: ({ type }) => log.push(`deliver ${type}`),
      reject: note("reject"),
      play: note("play"),
      flush: () => Promise.resolve([]),
      tell: note("tell"),
      ready: note("ready"),
      changeConnection: note("change"),
      stands: note("stands"),
      unconfirmed: note("unconfirmed"),
      report: note("report"),
      lost: note("lost"),
      end: note("end"),
      logger: silent,
    },
    "Acme",
    () => 0,
  );
  const nothing = (): Effect[] => [];
  const connection = { isOpen: true, bufferedAmount: 0, maxMessageSize: Infinity } as Connection;
  const whole: Dialogue = {
    isReady: true,
    expects: "nothing",
    isBusy: true,
    open: nothing,
    receive: nothing,
    command: nothing,
    playback: nothing,
    played: () => [{ type: "deliver", message: { type: "played" } }],
    probe: () => undefined,
    unsent: nothing,
    end: nothing,
    ...dialogue,
  };
  runner.begin(whole, connection);
  log.length = 0;
  return { runner, log };
}

const delivered = (type: string): Effect[] => [{ type: "deliver", message: { type } }];

describe("DialogueRunner: commands and what comes of itself", () => {
  it("commands as one: what was done before one of them was refused is carried out", () => {
    const { runner, log } = rig({
      command: ({ type }) => {
        if (type === "run") throw new Error("refused");
        return delivered(type);
      },
    });
    expect(() => {
      runner.command([{ type: "interrupt" }, { type: "run" }]);
    }).toThrow("refused");
    expect(log).toEqual(["deliver interrupt", "stands nothing true"]);
  });

  it("a change of connections: says first whether this is a quiet moment", () => {
    const { runner, log } = rig({ receive: () => [{ type: "change-connection", withinMs: 5 }] });
    runner.do((dialogue) => dialogue.receive({}));
    expect(log.slice(0, 2)).toEqual(["stands nothing true", "change 0 5"]);
  });

  it("soon, and the answer to a flush: enter the session as everything from outside does", async () => {
    const { runner, log } = rig({ receive: () => [{ type: "soon", run: () => delivered("soon") }, { type: "flush" }] });
    runner.do((dialogue) => dialogue.receive({}));
    expect(log).toEqual(["stands nothing true"]);
    await new Promise((resolve) => setTimeout(resolve, 0));
    const after = (type: string) => ["enter", `deliver ${type}`, "stands nothing true", "leave"];
    expect(log.slice(1)).toEqual([...after("soon"), ...after("played")]);
  });

  it("a sign of life: is asked for where the dialogue has a question, and only then", () => {
    const silent = rig({});
    expect(silent.runner.probe()).toBe(false);
    expect(silent.log).toEqual([]);
    const asking = rig({ probe: () => delivered("asked") });
    expect(asking.runner.probe()).toBe(true);
    expect(asking.log).toEqual(["deliver asked", "stands nothing true"]);
  });

  it("soon, and the answer to a flush: leave the session alone once their connection is gone", async () => {
    const { runner, log } = rig({ receive: () => [{ type: "soon", run: () => delivered("soon") }, { type: "flush" }] });
    runner.do((dialogue) => dialogue.receive({}));
    runner.end(true);
    log.length = 0;
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(log).toEqual([]);
  });

  it("an end that the app asks for: ends the session", () => {
    const { runner, log } = rig({ command: () => [{ type: "end" }] });
    runner.command([{ type: "run" }]);
    expect(log).toEqual(["end", "stands nothing true"]);
  });
});
