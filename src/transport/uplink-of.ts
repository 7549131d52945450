import { msToSamples, samplesToBytes } from "../codec/pcm16.js";
import { ratesOf } from "../media/manager-ports.js";
import type { MediaManager } from "../media/media-manager.js";
import { Uplink, type UplinkSink } from "../pipes/uplink.js";

/**
 * The pipe from a manager's microphone to a sink.
 * @param preRoll ms of audio kept while nobody listens; default 2 000 ms.
 */
export function uplinkOf(manager: MediaManager, preRoll = 2_000, sink: UplinkSink): Uplink {
  const uplink = new Uplink(sink, { preRollBytes: samplesToBytes(msToSamples(preRoll, ratesOf(manager).input)) });
  manager.setUserAudioCallback((pcm) => {
    uplink.write(pcm);
  });
  return uplink;
}
