import { afterAll, vi } from "vitest";

/** What a test file finds of the process, when it shares one with others: nothing that another has left. */
const before = Object.getOwnPropertyDescriptors(globalThis);

function restoreGlobals(): void {
  for (const name of Reflect.ownKeys(globalThis)) {
    const original = Reflect.get(before, name) as PropertyDescriptor | undefined;
    const now = Object.getOwnPropertyDescriptor(globalThis, name);
    if (original === undefined) Reflect.deleteProperty(globalThis, name);
    else if (now?.value !== original.value || now?.get !== original.get)
      Object.defineProperty(globalThis, name, original);
  }
}

afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  restoreGlobals();
  // Helpers keep what is open, and clean up after each test of the file that has loaded them.
  vi.resetModules();
});
