import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";

const START_MS = 60_000;

/** Of a page that may use the microphone and play, and of a browser that asks nobody anything. */
const PREFERENCES: Readonly<Record<string, boolean | number | string>> = {
  "media.navigator.permission.disabled": true,
  "media.autoplay.default": 0,
  "media.autoplay.blocking_policy": 0,
  // Without a sandbox of its own it reaches the sound server also as root.
  "security.sandbox.content.level": 0,
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "app.update.enabled": false,
  "remote.active-protocols": 1,
};

interface Answer {
  readonly id?: number;
  readonly type: string;
  readonly result?: unknown;
  readonly message?: string;
}

/** Firefox without a window, driven over WebDriver BiDi: what is installed, not a browser that a tool has patched. */
export class Firefox {
  readonly #waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  #count = 0;
  #context = "";

  private constructor(
    private readonly program: ChildProcess,
    private readonly profile: string,
    private readonly socket: WebSocket,
  ) {
    socket.on("message", (data: Buffer) => {
      const { id, type, result, message } = JSON.parse(data.toString()) as Answer;
      if (id === undefined) return;
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (type === "success") waiting?.resolve(result);
      else waiting?.reject(new Error(message ?? type));
    });
    socket.on("close", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("Firefox is gone."));
    });
  }

  /** @throws Error where it does not run. */
  static async start(path: string, environment: NodeJS.ProcessEnv): Promise<Firefox> {
    const profile = await mkdtemp(join(tmpdir(), "rtvi-machine-firefox-"));
    const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`);
    await writeFile(join(profile, "user.js"), lines.join("\n"));
    const args = ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"];
    const program = spawn(path, args, { env: environment, stdio: ["ignore", "ignore", "pipe"] });
    const address = await addressOf(program);
    const socket = new WebSocket(`${address}/session`);
    await once(socket, "open");
    const firefox = new Firefox(program, profile, socket);
    await firefox.#ask("session.new", { capabilities: {} });
    return firefox;
  }

  /** Opens a page, and waits until it has loaded. */
  async open(url: string): Promise<void> {
    const { context } = (await this.#ask("browsingContext.create", { type: "tab" })) as { context: string };
    this.#context = context;
    await this.#ask("browsingContext.navigate", { context, url, wait: "complete" });
  }

  /** What an expression of the page comes to, once its promise has resolved. @throws Error with what the page threw. */
  async evaluate(expression: string): Promise<unknown> {
    const answer = (await this.#ask("script.evaluate", {
      expression: `(async () => JSON.stringify(await (${expression})) ?? "null")()`,
      target: { context: this.#context },
      awaitPromise: true,
      userActivation: true,
    })) as { type: string; result?: { value: string }; exceptionDetails?: { text: string } };
    if (answer.result === undefined) throw new Error(answer.exceptionDetails?.text ?? answer.type);
    return JSON.parse(answer.result.value);
  }

  async close(): Promise<void> {
    this.socket.close();
    if (this.program.exitCode === null) {
      const ended = once(this.program, "exit");
      this.program.kill();
      await ended;
    }
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #ask(method: string, params: object): Promise<unknown> {
    this.#count += 1;
    const id = this.#count;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }
}

/** Where it takes commands. @throws Error with what it wrote. */
function addressOf(program: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const failed = (): void => {
      program.kill();
      reject(new Error(`Firefox did not start: ${said.slice(-500)}`));
    };
    const timer = setTimeout(failed, START_MS);
    program.once("error", reject);
    program.once("exit", failed);
    program.stderr?.on("data", (data: Buffer) => {
      said += data.toString();
      const address = /WebDriver BiDi listening on (ws:\/\/\S+)/.exec(said)?.[1];
      if (address === undefined) return;
      clearTimeout(timer);
      program.off("exit", failed);
      resolve(address);
    });
  });
}
