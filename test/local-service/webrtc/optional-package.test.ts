import { mkdtemp, rm, mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { optionalPackage } from "../../../packages/local-service/src/webrtc/optional-package.js";

const missing = new Error("Cannot find package 'sounds'");
const nowhere = (): Promise<never> => Promise.reject(missing);

async function folderWith(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rtvi-machine-optional-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const home = join(folder, "node_modules", name);
  await mkdir(home, { recursive: true });
  await writeFile(join(home, "index.js"), "exports.speaks = true;");
  return folder;
}

it("optional package: is the one beside the service, where there is one", async () => {
  const folder = await folderWith("sounds");
  expect(await optionalPackage(() => Promise.resolve({ speaks: false }), "sounds", folder)).toEqual({ speaks: false });
});

it("optional package: else is that of the folder in which the service was started", async () => {
  expect(await optionalPackage(nowhere, "sounds", await folderWith("sounds"))).toEqual({ speaks: true });
});

it("optional package: else is missing, in the words of the first search", async () => {
  await expect(optionalPackage(nowhere, "sounds", await folderWith("others"))).rejects.toBe(missing);
});
