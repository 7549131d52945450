import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { connectionMachine } from "../../../src/index.js";
import { replay } from "../../../src/inspect/index.js";

const file = await readFile(new URL("call-dropped.rtvi.json", import.meta.url), "utf8");

it("the call that dropped at 14:03: this build does what the recorded one did", () => {
  expect(replay(file).difference).toBeUndefined();
});

it("the call that dropped at 14:03: a lost connection is worth another attempt", () => {
  const connection = connectionMachine.provide({
    guards: { isFinal: ({ context }) => context.fault?.code !== "connection-lost" },
  });
  expect(replay(file, { charts: { connection } }).difference).toMatchObject({
    actor: "connection",
    event: "connection.closed",
    recorded: "refused",
    replayed: { active: { phase: "asking" } },
  });
});
