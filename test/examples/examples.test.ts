import { once } from "node:events";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { build } from "esbuild";
import { describe, expect, it, vi, type TestContext } from "vitest";
import { startEchoService } from "../../examples/own-provider/src/echo-service.js";
import { tokenServer } from "../../examples/react/token-server.js";
import { startLocalService } from "../../packages/local-service/src/index.js";
import { serveConsole } from "../../tools/console/serve.js";
import { silent } from "../../packages/testkit/src/worlds/world.js";
import { codeBlocks } from "../../tools/documents/markdown.js";
import { freePort, openBrowser, openPage } from "./open-page.js";

const READY = { timeout: 40_000 };
const ANSWERED = { timeout: 40_000 };

// They wait for speech, each with a browser and a service of its own.
describe("examples", { timeout: 180_000, concurrent: true }, () => {
  it("react: talks over WebRTC in strict mode, draws both voices, and mutes", async (test) => {
    const port = await freePort();
    const { page } = await openPage(test, "examples/react", port, [tokenServer({ port })]);
    await page.getByRole("button", { name: "Connect" }).click();
    await page.getByText("ready", { exact: true }).waitFor(READY);
    await page.locator(".transcript .assistant").first().waitFor(ANSWERED);
    await page.locator(".transcript .user").first().waitFor(ANSWERED);
    expect(await page.evaluate(playing)).toBe(1);
    expect(await page.locator("canvas").count()).toBe(2);
    const menus = page.locator("select");
    expect(await menus.nth(0).locator("option").count()).toBeGreaterThan(1);
    await page.getByRole("button", { name: "Mute" }).click();
    await page.getByRole("button", { name: "Unmute" }).waitFor();
    await page.getByRole("button", { name: "Disconnect" }).click();
    await page.getByText("disconnected", { exact: true }).waitFor(READY);
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  it("react: says that it reconnects while the network is cut, and goes on when it is back", async (test) => {
    const port = await freePort();
    const { page } = await openPage(test, "examples/react", port, [tokenServer({ port })], "", cuttableCalls);
    const banner = page.getByText("The connection was lost. Reconnecting …");
    await page.getByRole("button", { name: "Connect" }).click();
    await page.getByText("ready", { exact: true }).waitFor(READY);
    expect(await banner.count()).toBe(0);
    await page.context().setOffline(true);
    await page.evaluate(() => window.dispatchEvent(new Event("test:cut")));
    await banner.waitFor(READY);
    await page.getByText("connecting", { exact: true }).waitFor(READY);
    const before = await page.locator(".transcript .assistant").count();
    await page.context().setOffline(false);
    await page.getByText("ready", { exact: true }).waitFor(READY);
    await banner.waitFor({ state: "detached" });
    await vi.waitUntil(async () => (await page.locator(".transcript .assistant").count()) > before, ANSWERED);
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  it("vanilla: talks from one file, with an import map and no build", async (test) => {
    const { lines, page } = await openBrowser(test);
    const site = await serveVanilla(test);
    await page.route("https://esm.sh/**", async (route) => {
      const [, name = ""] = /esm\.sh\/(@pipecat-ai\/client-js|rtvi-machine)@/.exec(route.request().url()) ?? [];
      await route.fulfill({
        contentType: "text/javascript",
        body: await bundled(name),
        headers: { "Access-Control-Allow-Origin": "*" },
      });
    });
    await page.goto(site);
    await page.getByRole("button", { name: "Connect" }).click();
    await page.getByText("ready", { exact: true }).waitFor(READY);
    await page.locator("li.bot").first().waitFor(ANSWERED);
    await page.locator("li.you").first().waitFor(ANSWERED);
    await page.getByRole("button", { name: "Disconnect" }).click();
    await page.getByText("disconnected", { exact: true }).waitFor(READY);
    expect(lines.filter((line) => /error/i.test(line))).toEqual([]);
  });

  it("own-provider: is answered in words and sound by a service of its own", async (test) => {
    const echo = startEchoService(0);
    test.onTestFinished(() => {
      echo.close();
    });
    await once(echo, "listening");
    const service = `ws://127.0.0.1:${String((echo.address() as AddressInfo).port)}`;
    const { page } = await openPage(test, "examples/own-provider", await freePort(), [], `?service=${service}`);
    await page.getByRole("button", { name: "Connect" }).click();
    await page.getByText("ready", { exact: true }).waitFor(READY);
    await page.getByLabel("Message").fill("Is anybody there?");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("Is anybody there?").waitFor(READY);
    await page.locator('[data-voice="silent"]').waitFor(READY);
  });

  it("voice console: recovers when a visitor cuts the network, and says what to do when the service is down", async (test) => {
    const { url, local, close } = await serveConsole({ environment: {}, port: await freePort(), logger: silent });
    test.onTestFinished(close);
    const { page } = await openBrowser(test);
    await page.goto(url);
    const state = page.locator("#state");
    const inState = (name: string) => vi.waitUntil(async () => (await state.textContent()) === name, READY);
    expect(await page.locator("#welcome").isVisible()).toBe(true);
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await inState("ready");
    expect(await page.locator("#welcome").isVisible()).toBe(false);
    await page.getByRole("button", { name: "Cut the network" }).click();
    await inState("connecting");
    expect(await page.getByRole("alert").textContent()).toContain("was lost");
    await page.getByRole("button", { name: "Restore the network" }).click();
    await inState("ready");
    await page.getByText(/back after .* conversation replayed/).waitFor(READY);
    await page.getByRole("alert").filter({ hasText: "was lost" }).waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Disconnect" }).click();
    await inState("disconnected");
    await local?.close();
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await page.getByText("Look at the terminal of `npm start`.").waitFor(READY);
  });

  it("README: its first example prints each sentence once", async (test) => {
    const [code] = codeBlocks({ path: "README.md", text: await readFile("README.md", "utf8") }).filter(
      ({ language }) => language === "ts",
    );
    const folder = "test-output/readme-page";
    await mkdir(folder, { recursive: true });
    test.onTestFinished(() => rm(folder, { recursive: true }));
    // Everything as it stands there, but for where the service is.
    const local = code?.code.replace("settings:", "base_url: import.meta.env.VITE_REALTIME_URL, settings:");
    await writeFile(`${folder}/main.ts`, local ?? "");
    await writeFile(
      `${folder}/index.html`,
      '<!doctype html><button>Talk</button><script type="module" src="./main.ts"></script>',
    );
    const port = await freePort();
    const { page, lines } = await openPage(test, folder, port, [tokenServer({ port })]);
    await page.getByRole("button").click();
    const said = (): string[] => lines.filter((line) => /^(bot|you):/.test(line));
    await vi.waitUntil(() => said().some((line) => line.startsWith("you:")) && said().length >= 4, ANSWERED);
    const greeting = said().slice(0, 2);
    expect(greeting).toEqual(["bot: Hello.", "bot: Say something and I will say it back."]);
    expect(said().filter((line) => greeting.includes(line))).toHaveLength(2);
  });
});

/** Runs in the page: how many elements play a live track that can be heard. */
function playing(): number {
  return [...document.querySelectorAll("audio")].filter(
    ({ paused, muted, srcObject }) => !paused && !muted && srcObject instanceof MediaStream && srcObject.active,
  ).length;
}

/** Runs in the page: its calls fail at `test:cut`, as they do once ICE has noticed; Playwright cuts HTTP and sockets alone. */
function cuttableCalls(): void {
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      const cut = (): void => {
        Object.defineProperty(this, "connectionState", { value: "failed" });
        this.dispatchEvent(new Event("connectionstatechange"));
        this.close();
      };
      window.addEventListener("test:cut", cut, { once: true });
    }
  };
}

/** The example's folder over HTTP, with the local service where its page looks for it. */
async function serveVanilla({ onTestFinished }: TestContext): Promise<string> {
  const html = await readFile("examples/vanilla/index.html", "utf8");
  let text = html;
  const site: Server = createServer((_request, response) => {
    response.writeHead(200, { "Content-Type": "text/html" }).end(text);
  });
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${String((site.address() as AddressInfo).port)}`;
  const service = await startLocalService({ allowOrigins: [origin] });
  text = html.replace("ws://127.0.0.1:8765", `ws://127.0.0.1:${String(service.port)}`);
  onTestFinished(async () => {
    site.closeAllConnections();
    site.close();
    await service.close();
  });
  return origin;
}

/** A package as the CDN answers with it: one module, and client-js apart. */
async function bundled(name: string): Promise<string> {
  const isClient = name === "@pipecat-ai/client-js";
  const { outputFiles } = await build({
    stdin: {
      contents: isClient ? `export * from "@pipecat-ai/client-js"` : `export * from "./src/providers/openai/index.ts"`,
      resolveDir: process.cwd(),
    },
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    external: isClient ? [] : ["@pipecat-ai/client-js"],
  });
  return outputFiles.map(({ text }) => text).join("");
}
