#!/usr/bin/env node
import { readFile } from "node:fs/promises";
import { replayCommand } from "rtvi-machine/inspect";

process.exitCode = await replayCommand(process.argv.slice(2), {
  read: (path) => readFile(path, "utf8"),
  print: (line) => process.stdout.write(`${line}\n`),
  complain: (line) => process.stderr.write(`${line}\n`),
});
