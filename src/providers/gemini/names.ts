/** What the service is called in messages to people. */
export const SERVICE = "Gemini";

/** What it is called in metrics. */
export const PROCESSOR = "gemini-live";
