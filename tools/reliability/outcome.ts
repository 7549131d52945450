import type { FaultReport } from "../../packages/testkit/src/faults/run/play-fault.js";
import { bucketOf } from "./buckets.js";

/** What a peer is seen to do, for the table. */
export function outcomeOf(report: FaultReport): string {
  const { pending, continued, rested, errors, gapMs, message, leftovers, mostSockets } = report;
  const told: string[] = [];
  if (pending.includes("connect()")) told.push("`connect()` is pending after 4 s, and after `disconnect()`");
  else if (continued) told.push("continues", bucketOf(gapMs));
  else if (rested === "ready") told.push("stays `ready`, nothing is heard again");
  else if (rested === "connected" || rested === "connecting") told.push(`stays \`${rested}\``);
  else told.push(report.states.includes("ready") ? "ends" : "`connect()` rejects");
  if (errors.length > 0 && !continued) told.push("`onError`");
  if (message === "lost") told.push("the text is lost");
  if (mostSockets > 1) told.push(`${String(mostSockets)} sockets`);
  told.push(...pending.filter((call) => call === "disconnect()").map((call) => `\`${call}\` is pending after 2 s`));
  told.push(...leftovers.map((held) => `holds ${held}`));
  return told.join(", ");
}
