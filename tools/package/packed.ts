import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** What a command did. */
export interface Ran {
  readonly ok: boolean;
  readonly output: string;
}

const root = resolve(".");

export function run(command: string, args: readonly string[], cwd: string): Ran {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  return { ok: status === 0, output: `${stdout}${stderr}`.trim() };
}

/** Every public entry, by the name under which an app imports it. */
export async function entries(): Promise<readonly string[]> {
  const { name, exports } = JSON.parse(await readFile("package.json", "utf8")) as {
    readonly name: string;
    readonly exports: Readonly<Record<string, unknown>>;
  };
  const paths = Object.entries(exports).filter(([, target]) => typeof target === "object");
  return paths.map(([path]) => path.replace(/^\./, name));
}

/** An app's folder with the packed library in it, and beside it the packages that it is used with. */
export interface PackedApp {
  readonly folder: string;
  /** Where the library is unpacked. */
  readonly library: string;
  readonly remove: () => Promise<void>;
}

/**
 * Packs the library into an archive in a folder.
 * @returns the archive's path
 * @throws Error with what npm said when it cannot be packed.
 */
export function pack(folder: string): string {
  const packed = run("npm", ["pack", "--silent", "--pack-destination", folder], root);
  if (!packed.ok) throw new Error(packed.output);
  return join(folder, packed.output.split("\n").at(-1) ?? "");
}

/** @throws Error with what npm said when it cannot be packed. */
export async function installPacked(): Promise<PackedApp> {
  const folder = await mkdtemp(join(tmpdir(), "rtvi-machine-packed-"));
  const modules = join(folder, "node_modules");
  await mkdir(modules, { recursive: true });
  for (const entry of await readdir(join(root, "node_modules"))) {
    if (entry !== "rtvi-machine" && !entry.startsWith(".")) {
      await symlink(join(root, "node_modules", entry), join(modules, entry));
    }
  }
  const archive = pack(folder);
  const library = join(modules, "rtvi-machine");
  await mkdir(library);
  const unpacked = run("tar", ["-xzf", archive, "-C", library, "--strip", "1"], folder);
  if (!unpacked.ok) throw new Error(unpacked.output);
  return { folder, library, remove: () => rm(folder, { recursive: true, force: true }) };
}
