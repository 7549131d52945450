/** Where the library's log lines go. `console` fits. */
export interface Logger {
  debug(message: string, ...details: unknown[]): void;
  info(message: string, ...details: unknown[]): void;
  warn(message: string, ...details: unknown[]): void;
  error(message: string, ...details: unknown[]): void;
}

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
