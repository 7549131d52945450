import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";

/** Overrides the search: the path of a Chromium or Chrome. */
const ENVIRONMENT_KEY = "RTVI_MACHINE_BROWSER";

const COMMANDS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

const APPLICATIONS = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
];

/** A file by that name is not enough: on some systems `chromium` is a stub that only says how to install it. */
function runs(path: string): boolean {
  if (!existsSync(path)) return false;
  // Chrome on Windows opens a window instead of answering --version.
  if (process.platform === "win32") return true;
  const answer = spawnSync(path, ["--version"], {
    encoding: "utf8",
    timeout: 20_000,
    stdio: ["ignore", "pipe", "ignore"],
  });
  return answer.status === 0 && /chrom/i.test(answer.stdout);
}

function* candidates(): Generator<string> {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const command of COMMANDS) {
    for (const folder of folders) yield join(folder, command);
  }
  yield* APPLICATIONS;
}

/**
 * Finds a Chromium that runs: the environment's, the system's, Playwright's.
 * @returns its path, or undefined where there is none.
 * @throws Error when the environment names a browser that does not run.
 */
export async function findBrowser(): Promise<string | undefined> {
  const named = process.env[ENVIRONMENT_KEY];
  if (named !== undefined && named !== "") {
    if (runs(named)) return named;
    throw new Error(`${ENVIRONMENT_KEY} is set to ${named}, which does not run. Correct it or unset it.`);
  }
  for (const path of candidates()) {
    if (runs(path)) return path;
  }
  const { chromium } = await import("playwright");
  const bundled = chromium.executablePath();
  return runs(bundled) ? bundled : undefined;
}

function run(command: string, args: readonly string[]): boolean {
  process.stderr.write(`ensure-browser: ${command} ${args.join(" ")}\n`);
  // Everything an installer says goes to stderr: stdout carries the path only.
  const result = spawnSync(command, args, {
    stdio: ["ignore", 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    shell: process.platform === "win32",
  });
  return result.status === 0;
}

const isRoot = (): boolean => process.getuid?.() === 0;

/** Ways to install a browser, best first. Debian's package brings its libraries along. */
const installers: readonly (() => boolean)[] = [
  () =>
    isRoot() &&
    existsSync("/usr/bin/apt-get") &&
    (run("apt-get", ["-o", "DPkg::Lock::Timeout=120", "update"]),
    run("apt-get", ["-o", "DPkg::Lock::Timeout=120", "install", "-y", "--no-install-recommends", "chromium"])),
  () => run("npx", ["playwright", "install", ...(isRoot() ? ["--with-deps"] : []), "chromium"]),
];

/**
 * Finds a Chromium or installs one.
 * @returns the path of its executable.
 * @throws Error when none can be found or installed; it says what to do.
 */
export async function ensureBrowser(): Promise<string> {
  const found = await findBrowser();
  if (found !== undefined) return found;
  for (const install of installers) {
    install();
    const installed = await findBrowser();
    if (installed !== undefined) return installed;
  }
  throw new Error(
    `No Chromium was found and none could be installed. Install Chromium or Chrome, or set ${ENVIRONMENT_KEY} to its path.`,
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  process.stdout.write(`${await ensureBrowser()}\n`);
}
