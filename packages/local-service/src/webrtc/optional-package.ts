import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * An optional peer dependency: the one beside this package, else the one of the folder in which the service was started, because `npx`
 * alone runs this package from a folder of its own.
 * @throws what the first rejects with, when there is neither.
 */
export async function optionalPackage<Module>(
  load: () => Promise<Module>,
  name: string,
  folder = process.cwd(),
): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    try {
      return createRequire(join(folder, "package.json"))(name) as Module;
    } catch {
      throw cause;
    }
  }
}
