import { realTimeout } from "./check.js";

/** What client-js looks for without asking whether it is there; Node lacks one or both. */
const GLOBALS = ["window", "navigator"] as const;

/** Stands in for what a page has and the runner lacks, until it is taken back. */
export function standInForPage(): () => void {
  const lacking = GLOBALS.filter((name) => !(name in globalThis));
  for (const name of lacking) Object.defineProperty(globalThis, name, { configurable: true, value: {} });
  return () => {
    for (const name of lacking) Reflect.deleteProperty(globalThis, name);
  };
}

/** The page's answers to the questions about permissions that a client asks between devices and connecting. */
export class Permissions {
  asked = 0;
  #answer: () => void = () => undefined;
  readonly #answered = new Promise<void>((resolve) => {
    this.#answer = resolve;
  });

  /** Stands in for the page's own until `restore()`. */
  replace(): () => void {
    const { navigator } = globalThis;
    const before = Object.getOwnPropertyDescriptor(navigator, "permissions");
    const query = async (): Promise<{ state: PermissionState }> => {
      this.asked += 1;
      await this.#answered;
      return { state: "granted" };
    };
    Object.defineProperty(navigator, "permissions", { configurable: true, value: { query } });
    return () => {
      if (before === undefined) Reflect.deleteProperty(navigator, "permissions");
      else Object.defineProperty(navigator, "permissions", before);
    };
  }

  answer(): void {
    this.#answer();
  }
}

/** Lets everything happen that waits for nothing but its turn. */
export async function turns(): Promise<void> {
  for (let task = 0; task < 20; task += 1) await new Promise((resolve) => realTimeout(resolve, 0));
}
