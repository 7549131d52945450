import type { LocalService } from "../../../../local-service/src/index.js";
import { continues, type Expectation, type Fault, type LiarScene, type ToldCode } from "../catalogue/fault.js";
import type { FaultProxy } from "../network/fault-proxy.js";
import type { LyingCalls } from "./lying-calls.js";
import type { OfferProxy } from "./offer-proxy.js";
import type { PacketPath } from "./packet-path.js";

/** What a fault of a call is injected into. From the page: the HTTP line, the offers on it; beside them, the packets. */
export interface CallScene extends LiarScene {
  /** The TCP line over which offers go. */
  readonly line: FaultProxy;
  readonly offers: OfferProxy;
  readonly path: PacketPath;
  /** The local service. Throws in a scene with a liar. */
  readonly service: LocalService;
  /** Throws in a scene with the local service. */
  readonly liar: LyingCalls;
}

/** One way in which a call breaks. */
export type CallFault = Fault<CallScene>;

/** Wide, for a machine that has a browser and six calls to carry: what was measured is in the document. In ms. */
export const STAYS_WITHIN_MS = 3_000;
const CALLS_AGAIN_WITHIN_MS = 12_000;

/** The conversation goes on, over the call that there is. */
export const staysOn = (...errors: readonly ToldCode[]): Expectation => continues(STAYS_WITHIN_MS, ...errors);

/** The conversation goes on, over another call. */
export const callsAgain = (...errors: readonly ToldCode[]): Expectation => continues(CALLS_AGAIN_WITHIN_MS, ...errors);

/** The same with the bounds of a call. */
export function patiently<In>(fault: Fault<In>): Fault<In> {
  const { expect } = fault;
  if (expect.outcome === "ends") return fault;
  const within = expect.errors.includes("connection-lost") ? CALLS_AGAIN_WITHIN_MS : STAYS_WITHIN_MS;
  return { ...fault, expect: { ...expect, within } };
}
