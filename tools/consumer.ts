import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/*
 * Compiles an app against the packed library as its author would: strict, with `skipLibCheck: false`, which is TypeScript's default,
 * by two compilers and the three ways in which modules are resolved.
 */

const COMPILERS = {
  "TypeScript 5.9": { folder: "typescript-5.9", options: {} },
  // Of node10 it says only that it will go.
  "TypeScript 6.0": { folder: "typescript", options: { ignoreDeprecations: "6.0" } },
} as const;

const RESOLUTIONS = {
  bundler: { module: "esnext", moduleResolution: "bundler" },
  node16: { module: "node16", moduleResolution: "node16" },
  // What many apps still have; it knows no `exports`.
  node10: { module: "esnext", moduleResolution: "node10" },
} as const;

const root = resolve(".");
const work = await mkdtemp(join(tmpdir(), "rtvi-machine-consumer-"));

function run(command: string, args: readonly string[], cwd: string): { readonly ok: boolean; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  return { ok: status === 0, output: `${stdout}${stderr}`.trim() };
}

/** Every public entry, by the name under which an app imports it. */
async function entries(): Promise<readonly string[]> {
  const { name, exports } = JSON.parse(await readFile("package.json", "utf8")) as {
    readonly name: string;
    readonly exports: Readonly<Record<string, unknown>>;
  };
  const paths = Object.entries(exports).filter(([, target]) => typeof target === "object");
  return paths.map(([path]) => path.replace(/^\./, name));
}

/** The packed library, and beside it the packages that it is used with. */
async function install(): Promise<void> {
  const modules = join(work, "node_modules");
  await mkdir(modules, { recursive: true });
  for (const entry of await readdir(join(root, "node_modules"))) {
    if (entry !== "rtvi-machine" && !entry.startsWith(".")) {
      await symlink(join(root, "node_modules", entry), join(modules, entry));
    }
  }
  const packed = run("npm", ["pack", "--silent", "--pack-destination", work], root);
  if (!packed.ok) throw new Error(packed.output);
  const archive = packed.output.split("\n").at(-1) ?? "";
  await mkdir(join(modules, "rtvi-machine"));
  const unpacked = run("tar", ["-xzf", join(work, archive), "-C", join(modules, "rtvi-machine"), "--strip", "1"], work);
  if (!unpacked.ok) throw new Error(unpacked.output);
}

let failed = 0;
try {
  await install();
  const imports = (await entries()).map((entry, index) => `import * as entry${index} from "${entry}";`);
  const uses = imports.map((_, index) => `entry${index}`).join(", ");
  await writeFile(join(work, "app.ts"), `${imports.join("\n")}\nexport const all = [${uses}];\n`);
  await writeFile(join(work, "package.json"), JSON.stringify({ name: "app", type: "module", private: true }));
  for (const [compiler, { folder, options: own }] of Object.entries(COMPILERS)) {
    for (const [resolution, how] of Object.entries(RESOLUTIONS)) {
      const options = {
        ...own,
        ...how,
        target: "es2022",
        lib: ["es2023", "dom", "dom.iterable"],
        strict: true,
        noEmit: true,
      };
      const config = { compilerOptions: { ...options, skipLibCheck: false, types: [] }, files: ["app.ts"] };
      await writeFile(join(work, "tsconfig.json"), JSON.stringify(config));
      const { ok, output } = run(process.execPath, [join(root, "node_modules", folder, "bin/tsc"), "-p", work], work);
      process.stdout.write(`${ok ? "ok  " : "FAIL"} ${compiler}, ${resolution}\n${ok ? "" : `${output}\n`}`);
      if (!ok) failed += 1;
    }
  }
} finally {
  await rm(work, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
