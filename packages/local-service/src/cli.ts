#!/usr/bin/env node
import { runCli } from "./run-cli.js";

void runCli(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
}).then((outcome) => {
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
