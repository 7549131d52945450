import { msToSamples, samplesToBytes } from "../codec/pcm16.js";
import { inputRateOf } from "../media/manager-rates.js";
import type { MediaManager } from "../media/media-manager.js";
import { Uplink, type UplinkSink } from "../pipes/uplink.js";

/** Hz: what the pre-roll is counted in when a manager does not say more. */
const USUAL_RATE = 24_000;

/**
 * The pipe from a manager's microphone to a sink.
 * @param preRoll ms of audio kept while nobody listens; default 2 000 ms.
 */
export function uplinkOf(manager: MediaManager, preRoll = 2_000, sink: UplinkSink): Uplink {
  const samples = msToSamples(preRoll, inputRateOf(manager) ?? USUAL_RATE);
  const uplink = new Uplink(sink, { preRollBytes: samplesToBytes(samples) });
  manager.setUserAudioCallback((pcm) => {
    uplink.write(pcm);
  });
  return uplink;
}
