import { parseArgs } from "node:util";
import { DEFAULT_SERVICE, SERVICES } from "./backing.js";
import { expectedOf, faultCalled, faultNames } from "./fault.js";

export interface DemoOptions {
  /** One of `SERVICES`. */
  readonly service: string;
  /** Shows the browser. */
  readonly headed: boolean;
  /** A fault of the fault table: it strikes in the middle of the first session, or is all there is to see. */
  readonly fault: string | undefined;
}

export const USAGE = `npm run demo [-- --service <name>] [-- --headed] [-- --fault <name>]

  --service <name>  ${SERVICES.join(", ")} (default: ${DEFAULT_SERVICE})
  --headed          show the browser
  --fault <name>    break the network or the service: ${faultNames.join(", ")}`;

/** @throws Error that names the option and what it may be. */
export function parseOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      service: { type: "string", default: DEFAULT_SERVICE },
      headed: { type: "boolean", default: false },
      fault: { type: "string" },
    },
  });
  const { service } = values;
  if (!SERVICES.includes(service)) {
    throw new Error(`Unknown service "${service}". Known services: ${SERVICES.join(", ")}.`);
  }
  const { headed, fault } = values;
  if (fault !== undefined && service.endsWith("-webrtc")) {
    throw new Error("--fault breaks a TCP connection, and a WebRTC call goes over none: choose another --service.");
  }
  if (fault !== undefined) expectedOf(faultCalled(fault), service);
  return { service, headed, fault };
}
