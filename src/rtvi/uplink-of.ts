import type { MediaManager } from "../media/media-manager.js";
import { Uplink, type UplinkSink } from "../pipes/uplink.js";

/** 24 kHz, 16 bit: what the pre-roll is counted in when a manager does not say more. */
const BYTES_PER_MS = 48;

/**
 * The pipe from a manager's microphone to a sink.
 * @param preRoll ms of audio kept while nobody listens; default 2 000 ms.
 */
export function uplinkOf(manager: MediaManager, preRoll = 2_000, sink: UplinkSink): Uplink {
  const uplink = new Uplink(sink, { preRollBytes: preRoll * BYTES_PER_MS });
  manager.setUserAudioCallback((pcm) => {
    uplink.write(pcm);
  });
  return uplink;
}
