#!/usr/bin/env node
import { runCli, type Terminal } from "./run-cli.js";

const terminal: Terminal = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
};

void runCli(process.argv.slice(2), terminal, process.env).then((outcome) => {
  if ("exitCode" in outcome) {
    process.exitCode = outcome.exitCode;
    return;
  }
  const stop = (): void => {
    void outcome.service.close();
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
});
