import { rowOf, type Fault } from "../catalogue/fault.js";
import type { Subject } from "../subjects.js";
import { playFault, type FaultReport } from "./play-fault.js";
import { Rig } from "./rig.js";

/** A session in Node, a fault in it, and what came of it. */
export async function runFault(fault: Fault, subject: Subject<string>): Promise<FaultReport> {
  const rig = await Rig.set(subject, fault);
  try {
    return await playFault(rig, rowOf(fault, subject));
  } finally {
    await rig.close();
  }
}
