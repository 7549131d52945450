import type { Logger } from "../../../../src/log.js";
import { pcmuCodec, type CallCodec } from "./codec.js";
import { loadOpus, opusCodec } from "./opus.js";

const OFFERS_OPUS = /^a=rtpmap:\d+ opus\/48000/im;

/** Opus where an offer has it; G.711 where it has not, or where Opus cannot be had here: `logger` is told why. */
export async function chooseCodec(offer: string, logger: Logger, load = loadOpus): Promise<CallCodec> {
  if (!OFFERS_OPUS.test(offer)) return pcmuCodec();
  try {
    return opusCodec(await load());
  } catch (error) {
    logger.warn(`A call falls back to G.711. ${error instanceof Error ? error.message : String(error)}`);
    return pcmuCodec();
  }
}
