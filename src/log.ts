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

/** The app's logger: one that throws, or rejects, must not change what it is told about. */
export function safeLogger(logger: Logger): Logger {
  const guarded =
    (level: keyof Logger): Logger[typeof level] =>
    (message, ...details) => {
      try {
        const log: (...line: Parameters<Logger[typeof level]>) => unknown = logger[level];
        const logged = Reflect.apply(log, logger, [message, ...details]);
        if (logged instanceof Promise) logged.catch(() => undefined);
      } catch {
        return;
      }
    };
  return { debug: guarded("debug"), info: guarded("info"), warn: guarded("warn"), error: guarded("error") };
}
