import { parseArgs } from "node:util";
import { DEFAULT_SERVICE, SERVICES } from "./backing.js";

export interface DemoOptions {
  /** One of `SERVICES`. */
  readonly service: string;
  /** Shows the browser. */
  readonly headed: boolean;
}

export const USAGE = `npm run demo [-- --service <name>] [-- --headed]

  --service <name>  ${SERVICES.join(", ")} (default: ${DEFAULT_SERVICE})
  --headed          show the browser`;

/** @throws Error that names the option and what it may be. */
export function parseOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { service: { type: "string", default: DEFAULT_SERVICE }, headed: { type: "boolean", default: false } },
  });
  const { service } = values;
  if (!SERVICES.includes(service)) {
    throw new Error(`Unknown service "${service}". Known services: ${SERVICES.join(", ")}.`);
  }
  return { service, headed: values.headed };
}
