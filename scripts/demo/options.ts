import { parseArgs } from "node:util";
import { faultNames } from "./fault.js";

/** Services the demo can talk to. */
export const SERVICES = ["openai-websocket"] as const;
export type ServiceName = (typeof SERVICES)[number];

export interface DemoOptions {
  readonly service: ServiceName;
  /** Shows the browser. */
  readonly headed: boolean;
  /** A fault of the fault table that strikes in the middle of the first session. */
  readonly fault: string | undefined;
}

export const USAGE = `npm run demo [-- --service <name>] [-- --headed] [-- --fault <name>]

  --service <name>  ${SERVICES.join(", ")} (default: ${SERVICES[0]})
  --headed          show the browser
  --fault <name>    break the network or the service mid-session: ${faultNames.join(", ")}`;

/** @throws Error that names the option and what it may be. */
export function parseOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      service: { type: "string", default: SERVICES[0] },
      headed: { type: "boolean", default: false },
      fault: { type: "string" },
    },
  });
  const service = SERVICES.find((name) => name === values.service);
  if (service === undefined) {
    throw new Error(`Unknown service "${values.service}". Known services: ${SERVICES.join(", ")}.`);
  }
  return { service, headed: values.headed, fault: values.fault };
}
