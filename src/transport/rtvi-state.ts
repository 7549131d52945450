import type { SnapshotFrom } from "xstate";
import type { RtviTag, transportMachine } from "../../machines/transport.machine.js";

const RTVI_STATES: readonly RtviTag[] = [
  "disconnected",
  "initializing",
  "initialized",
  "authenticating",
  "authenticated",
  "connecting",
  "connected",
  "ready",
  "disconnecting",
  "error",
];

/** The RTVI state of a snapshot of the root chart: a selector for `useSelector(transport.actor, rtviStateOf)`. */
export function rtviStateOf(snapshot: SnapshotFrom<typeof transportMachine>): RtviTag {
  const state = RTVI_STATES.find((tag) => snapshot.hasTag(tag));
  if (state === undefined) throw new TypeError("A resting state of the root chart carries no RTVI tag.");
  return state;
}
