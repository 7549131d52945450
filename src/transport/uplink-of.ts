import { msToSamples, samplesToBytes } from "../codec/pcm16.js";
import { ratesOf } from "../media/manager-rates.js";
import type { MediaManager } from "../media/media-manager.js";
import { Uplink, type UplinkSink } from "../pipes/uplink.js";

/**
 * The pipe from a manager's microphone to a sink; the manager is to be told of it: `feed`.
 * @param preRoll ms of audio kept while the session is not ready; default 2 000 ms.
 */
export function uplinkOf(manager: MediaManager, preRoll = 2_000, sink: UplinkSink): Uplink {
  return new Uplink(sink, { preRollBytes: samplesToBytes(msToSamples(preRoll, ratesOf(manager).input)) });
}

/** From now on the manager's microphone feeds this pipe. */
export function feed(uplink: Uplink, manager: MediaManager): void {
  manager.setUserAudioCallback((pcm) => {
    uplink.write(pcm);
  });
}
