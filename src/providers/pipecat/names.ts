/** What the transport is called in messages to developers. */
export const NAME = "WebSocketTransport";

/** What the bot's server is called in messages to people. */
export const SERVICE = "The server";

/** What it is called in `bot-ready`, where the server sends none. */
export const PROCESSOR = "pipecat";
