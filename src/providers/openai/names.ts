/** What the service is called in messages to people. */
export const SERVICE = "OpenAI";

/** What it is called in metrics. */
export const PROCESSOR = "openai-realtime";

/** Of the audio that events carry, both ways. In Hz. */
export const SAMPLE_RATE = 24_000;
