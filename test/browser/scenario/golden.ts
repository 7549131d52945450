import { expect, inject } from "vitest";
import { commands } from "vitest/browser";
import { expectedText, readGolden, textOf, updateGolden, writeGolden, type Step } from "./golden-file.js";

/**
 * Compares a service's log with the golden file, line by line. With `RTVI_MACHINE_GOLDEN=update` the file is made to fit
 * instead, and the reasons of new differences are to be written by hand.
 * @param path from the root of the project
 */
export async function expectGolden(path: string, service: string, steps: readonly Step[]): Promise<void> {
  const { heading, golden } = readGolden(await commands.readFile(path));
  if (inject("updatesGolden"))
    await commands.writeFile(path, writeGolden(heading, updateGolden(golden, service, steps)));
  else expect(textOf(steps)).toBe(expectedText(golden, service));
}
