import { parseArgs } from "node:util";

/** Services the demo can talk to. */
export const SERVICES = ["openai-websocket"] as const;
export type ServiceName = (typeof SERVICES)[number];

export interface DemoOptions {
  readonly service: ServiceName;
  /** Shows the browser. */
  readonly headed: boolean;
}

export const USAGE = `npm run demo [-- --service <name>] [-- --headed]

  --service <name>  ${SERVICES.join(", ")} (default: ${SERVICES[0]})
  --headed          show the browser`;

/** @throws Error that names the option and what it may be. */
export function parseOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { service: { type: "string", default: SERVICES[0] }, headed: { type: "boolean", default: false } },
  });
  const service = SERVICES.find((name) => name === values.service);
  if (service === undefined) {
    throw new Error(`Unknown service "${values.service}". Known services: ${SERVICES.join(", ")}.`);
  }
  return { service, headed: values.headed };
}
