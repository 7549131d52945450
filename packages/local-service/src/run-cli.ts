import { parseArgs } from "node:util";
import type { Logger } from "../../../src/log.js";
import { ALLOW_ORIGINS, allowedOrigins } from "./allow-list.js";
import { readable } from "./conversation-log.js";
import { startLocalService, type LocalService } from "./service.js";

export const HELP = `rtvi-machine-local-service [options]

A realtime voice service on this machine (127.0.0.1) that speaks the OpenAI Realtime protocol
and Gemini Live, and plays a Pipecat bot server, on one port.
It is a developer's tool: no speech recognition, no model. It greets, repeats what you say,
acknowledges text, and calls a tool when a text names it.

  --port <number>          port to listen on (default 8765; 0 takes any)
  --allow-origin <origin>  let the pages of this origin in, e.g. http://localhost:5173; may be given
                           more than once. ${ALLOW_ORIGINS} takes a list with commas
  --no-greet               do not speak first
  --quiet                  do not write the conversation to the terminal
  --help                   show this

Programs need no permission. Pages of other origins are refused unless they are allowed.

Key: "local", or anything that begins with "sk-" or "AIza". A key that begins with "bad" is refused.
`;

/** Where a command writes. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
}

/** Exit code 0 or 2 of a command that is over, or the service that runs. */
export type CliOutcome = { readonly exitCode: number } | { readonly service: LocalService };

function clock(): string {
  return new Date().toISOString().slice(11, 23);
}

function conversationLogger(terminal: Terminal, quiet: boolean): Logger {
  const problem = (message: string, ...details: unknown[]): void => {
    const causes = details.map((detail) => (detail instanceof Error ? detail.message : readable(String(detail))));
    terminal.err(`${[`${clock()}  ${message}`, ...causes].join(": ")}\n`);
  };
  return {
    debug: () => undefined,
    info: (message) => {
      if (!quiet) terminal.out(`${clock()}  ${message}\n`);
    },
    warn: problem,
    error: problem,
  };
}

interface CliOptions {
  readonly port: number;
  readonly allowOrigins: readonly string[];
  readonly greet: boolean;
  readonly quiet: boolean;
  readonly help: boolean;
}

function readOptions(args: readonly string[]): CliOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: "string", default: "8765" },
      "allow-origin": { type: "string", multiple: true, default: [] },
      "no-greet": { type: "boolean", default: false },
      quiet: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535) throw new Error(`--port must be 0 to 65535, not "${values.port}".`);
  const { "allow-origin": allowOrigins, "no-greet": noGreet, quiet, help } = values;
  return { port, allowOrigins, greet: !noGreet, quiet, help };
}

/** Runs one command line. A service that it starts is the caller's to close. */
export async function runCli(
  args: readonly string[],
  terminal: Terminal,
  environment: NodeJS.ProcessEnv = {},
): Promise<CliOutcome> {
  try {
    const { port, allowOrigins: named, greet, quiet, help } = readOptions(args);
    if (help) {
      terminal.out(HELP);
      return { exitCode: 0 };
    }
    const allowOrigins = [...named, ...allowedOrigins(environment)];
    const service = await startLocalService({
      port,
      allowOrigins,
      greet,
      logger: conversationLogger(terminal, quiet),
    });
    terminal.out(`Listening on ${service.wsUrl}?model=gpt-realtime  (key: local)\n`);
    terminal.out(`Pipecat: POST ${service.pipecatUrl}\n`);
    terminal.out(`Gemini Live at ${service.geminiUrl}\n`);
    terminal.out("A developer's tool: no speech recognition, no model. Stop with Ctrl+C.\n");
    return { service };
  } catch (error) {
    terminal.err(`${error instanceof Error ? error.message : String(error)}\nTry: rtvi-machine-local-service --help\n`);
    return { exitCode: 2 };
  }
}
