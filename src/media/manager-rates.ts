/** What a manager of Pipecat's shape records and plays at, which it does not say. In Hz. */
export const FOREIGN_RATE = 24_000;

function rateAt(manager: object, key: string): number | undefined {
  const rate: unknown = Reflect.get(manager, key);
  return typeof rate === "number" && Number.isInteger(rate) && rate > 0 ? rate : undefined;
}

/** Rate of a manager's microphone chunks in Hz, where it tells: Pipecat's managers do not. */
export function inputRateOf(manager: object): number | undefined {
  return rateAt(manager, "inputSampleRate");
}

/** Rate in Hz of the bot's audio that a manager takes, where it tells. */
export function outputRateOf(manager: object): number | undefined {
  return rateAt(manager, "outputSampleRate");
}

/** The rates in Hz of the chunks that a manager hands out and takes: what it says, else what Pipecat's use. */
export function ratesOf(manager: object): { readonly input: number; readonly output: number } {
  return { input: inputRateOf(manager) ?? FOREIGN_RATE, output: outputRateOf(manager) ?? FOREIGN_RATE };
}
