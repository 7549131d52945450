import type { Logger } from "./contracts/logger.js";

export type { Logger };

const PREFIX = "[rtvi-machine]";

/** Warnings and errors to the console; one line per lifecycle transition and debug lines only when asked for. */
export const defaultLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (message, ...details) => {
    console.warn(PREFIX, message, ...details);
  },
  error: (message, ...details) => {
    console.error(PREFIX, message, ...details);
  },
};
