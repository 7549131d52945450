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
