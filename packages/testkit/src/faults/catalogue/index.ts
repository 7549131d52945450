import type { Fault } from "./fault.js";
import { lies } from "./lies.js";
import { networkFaults } from "./network.js";
import { serviceFaults } from "./service.js";
import { frameLies, handshakeLies } from "./socket-lies.js";

/** Every fault, by where it comes from. */
export const CATALOGUE: readonly { readonly title: string; readonly faults: readonly Fault[] }[] = [
  { title: "The network", faults: networkFaults },
  { title: "The service", faults: serviceFaults },
  { title: "A service that lies", faults: [...handshakeLies, ...lies, ...frameLies] },
];

/** Every fault. */
export const FAULTS: readonly Fault[] = CATALOGUE.flatMap(({ faults }) => faults);
