/**
 * `npm run firefox [-- words of a title]`: what becomes of a session when devices come and go, in a real Firefox on a real sound server
 * whose devices can be pulled out. Needs Linux, Firefox and PulseAudio, says so where they are missing, and exits 1 then, and when a
 * scene fails.
 */
import { spawnSync } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { startLocalService } from "@rtvi-machine/local-service";
import { Firefox } from "./firefox/browser.js";
import { SCENES } from "./firefox/scenes.js";
import { SoundServer } from "./firefox/sound-server.js";

const NEEDED = ["pulseaudio", "pactl", "parec"];
const FIREFOXES = ["firefox-esr", "firefox"];
const HOW = "On Debian: apt-get install firefox-esr pulseaudio pulseaudio-utils";

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const runs = (program: string): boolean => spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0;

/** @throws Error that names what is missing. */
function findFirefox(): string {
  const named = process.env.RTVI_MACHINE_FIREFOX;
  const firefox = (named === undefined ? FIREFOXES : [named]).find(runs);
  const missing = [
    ...NEEDED.filter((program) => !runs(program)),
    ...(firefox === undefined ? [named ?? "firefox"] : []),
  ];
  if (firefox === undefined || missing.length > 0) {
    throw new Error(`npm run firefox needs ${missing.join(", ")}. ${HOW}; RTVI_MACHINE_FIREFOX names another Firefox.`);
  }
  return firefox;
}

/** A page with nothing in it but what is tried. */
async function site(): Promise<{ readonly url: string; readonly close: () => void }> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("firefox/page.ts", import.meta.url))],
    tsconfig: fileURLToPath(new URL("../tsconfig.json", import.meta.url)),
    bundle: true,
    format: "iife",
    target: "es2022",
    write: false,
  });
  const script = outputFiles.map(({ text }) => text).join("");
  const server = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : '<!doctype html><script src="/page.js"></script>');
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function main(): Promise<boolean> {
  const wanted = process.argv.slice(2).join(" ");
  const scenes = SCENES.filter(({ title }) => title.includes(wanted));
  if (scenes.length === 0)
    throw new Error(`No scene is called "${wanted}": ${SCENES.map(({ title }) => title).join("; ")}.`);
  const path = findFirefox();
  const sound = await SoundServer.start();
  const page = await site();
  const service = await startLocalService({ greet: false, allowOrigins: [new URL(page.url).origin] });
  let failures = 0;
  try {
    const firefox = await Firefox.start(path, sound.environment);
    try {
      for (const { title, routes, play } of scenes) {
        for (const route of routes) {
          const problem = await attempt(async () => {
            await play({ firefox, sound, url: page.url, serviceUrl: service.wsUrl, route });
          });
          await attempt(() => firefox.evaluate("window.talk.stop()"));
          sound.unplugAll();
          failures += problem === undefined ? 0 : 1;
          say(`${problem === undefined ? "ok  " : "FAIL"}  ${route.padEnd(11)}  ${title}`);
          if (problem !== undefined) say(`      ${problem.message}`);
        }
      }
    } finally {
      await firefox.close();
    }
  } finally {
    await service.close();
    page.close();
    await sound.stop();
  }
  say(failures === 0 ? "All of it held." : `${String(failures)} did not hold.`);
  return failures === 0;
}

async function attempt(run: () => Promise<unknown>): Promise<Error | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

main().then(
  (held) => process.exit(held ? 0 : 1),
  (error: unknown) => {
    say(error instanceof Error ? error.message : String(error));
    process.exit(1);
  },
);
