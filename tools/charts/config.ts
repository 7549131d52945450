import { readdir, readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { resolve } from "node:path";
import type { AnyStateMachine } from "xstate";
import { z } from "zod";

const Chart = z.strictObject({
  /** The machine's own id. */
  id: z.string(),
  file: z.string(),
  export: z.string(),
  title: z.string(),
  svg: z.string(),
  role: z.enum(["root", "child"]),
  /** Id of the state that runs it; null for the root. */
  invokedBy: z.string().nullable(),
});

const Config = z.strictObject({
  version: z.string(),
  defaultXStateVersion: z.literal(5),
  include: z.array(z.string()),
  exclude: z.array(z.string()),
  charts: z.array(Chart),
});

export type ChartEntry = z.infer<typeof Chart>;

const MACHINES = "machines";

/** Reads the list of charts. Its base keys are those of Stately's `statelyai.json`; `charts` is ours. */
export async function readChartList(): Promise<readonly ChartEntry[]> {
  return Config.parse(JSON.parse(await readFile("stately.config.json", "utf8"))).charts;
}

/** Every machine file there is, whether it is listed or not. */
export async function findMachineFiles(): Promise<readonly string[]> {
  const files = await readdir(MACHINES, { recursive: true });
  return files
    .filter((file) => file.endsWith(".machine.ts"))
    .map((file) => `${MACHINES}/${file.replaceAll("\\", "/")}`)
    .sort();
}

const isMachine = (value: unknown): value is AnyStateMachine =>
  typeof value === "object" && value !== null && "root" in value && "provide" in value;

/**
 * Loads the machine that an entry of the list names.
 * @throws Error when the file does not export it.
 */
export async function loadMachine(entry: ChartEntry): Promise<AnyStateMachine> {
  const module: unknown = await import(pathToFileURL(resolve(entry.file)).href);
  const machine: unknown =
    typeof module === "object" && module !== null
      ? Object.entries(module).find(([name]) => name === entry.export)?.[1]
      : undefined;
  if (!isMachine(machine)) throw new Error(`${entry.file} exports no machine named ${entry.export}.`);
  return machine;
}
