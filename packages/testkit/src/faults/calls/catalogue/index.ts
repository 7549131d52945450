import { expectationOf } from "../../catalogue/differences.js";
import { lies } from "../../catalogue/lies.js";
import { patiently, type CallFault } from "../call-fault.js";
import { callLies } from "./lies.js";
import { offerFaults } from "./offer.js";
import { pathFaults } from "./path.js";
import { callServiceFaults } from "./service.js";

/** The transport that calls. */
export const CALL_SUBJECT = { name: "openai-webrtc", title: "OpenAI WebRTC" } as const;

/** Every fault of a call, by where it comes from. */
export const CALL_CATALOGUE: readonly { readonly title: string; readonly faults: readonly CallFault[] }[] = [
  { title: "The offer", faults: offerFaults },
  { title: "The packets", faults: pathFaults },
  { title: "The service", faults: callServiceFaults },
  { title: "A service that lies", faults: [...lies.map(patiently), ...callLies] },
];

/** Every fault that is one for a call. */
export const CALL_FAULTS: readonly CallFault[] = CALL_CATALOGUE.flatMap(({ faults }) => faults).filter(
  (fault) => expectationOf(fault, CALL_SUBJECT.name) !== undefined,
);
