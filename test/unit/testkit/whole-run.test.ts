import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { TestModule } from "vitest/node";
import { createActor, fromPromise, setup } from "xstate";
import { InvalidOptionsError } from "../../../src/errors.js";
import { ScriptedTransport } from "../../../src/testing/index.js";
import { leakyFiles, SecretReporter } from "../../../packages/testkit/src/secrets/secret-reporter.js";
import { canary } from "../../../packages/testkit/src/secrets/secrets.js";
import { silent } from "../../../packages/testkit/src/worlds/world.js";

/** A transport that does what no transport may. */
class Leak extends ScriptedTransport {
  inLog(): void {
    this._core.logger.debug("connecting", { headers: [canary()] });
  }

  inCallback(): void {
    this._core.reportError(new Error(`No: ${encodeURIComponent(canary())}`));
  }

  inMessage(): void {
    this._core.messages.deliver({ type: "server-message", data: { t: "raw", d: btoa(`"${canary()}"`) } });
  }
}

function leak(): Leak {
  const transport = new Leak({ logger: silent });
  transport.initialize({ transport, callbacks: { onError: () => undefined } }, () => undefined);
  return transport;
}

const machine = setup({ types: { context: {} as { key: string } } }).createMachine({
  context: { key: "" },
  on: { "*": {} },
});

describe("a test fails when its session lets a credential out", () => {
  it.fails("in a log line", () => {
    leak().inLog();
  });

  it.fails("in a callback", () => {
    leak().inCallback();
  });

  it.fails("in a message", () => {
    leak().inMessage();
  });

  it.fails("in an event of a chart", () => {
    createActor(machine)
      .start()
      .send({ type: "dialled", url: `wss://service.example/?key=${canary()}` });
  });

  it.fails("in the context of a chart", () => {
    createActor(setup({}).createMachine({ context: { key: canary("ek_") } })).start();
  });

  it.fails("in what an actor is started with", async () => {
    const actor = createActor(
      fromPromise(() => Promise.resolve()),
      { input: { key: canary() } },
    );
    await new Promise<void>((resolve) => {
      actor.subscribe({ complete: resolve });
      actor.start();
    });
  });

  it.fails("in an error that nobody hears of", async () => {
    new InvalidOptionsError("no", { cause: new Error("no", { cause: { url: canary() } }) });
    await Promise.resolve();
  });

  it("and no other does", () => {
    leak();
    createActor(machine).start().send({ type: "dialled" });
  });
});

describe("SecretReporter", () => {
  function run(said: string, errors: readonly object[] = []): string {
    let written = "";
    const { exitCode } = process;
    const write = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      written += String(text);
      return true;
    });
    onTestFinished(() => {
      process.exitCode = exitCode;
    });
    const reporter = new SecretReporter([]);
    reporter.onUserConsoleLog({ type: "stderr", content: said, taskId: "task", time: 0, size: 0 });
    const test = { fullName: "a test", result: () => ({ errors }) };
    const module = { moduleId: "a.test.ts", errors: () => [], children: { allTests: () => [test] } };
    reporter.onTestRunEnd([module as unknown as TestModule], []);
    write.mockRestore();
    return written;
  }

  it("fails the run for what is on the console", () => {
    expect(run(`warning: ${canary()}`)).toContain("stderr of task: raw");
    expect(process.exitCode).toBe(1);
  });

  it("fails the run for what is in the error of a test", () => {
    const error = { message: "no", cause: { message: encodeURIComponent(canary()) } };
    expect(run("", [error])).toContain("a.test.ts > a test: URL-encoded");
  });

  it("says nothing where there is nothing", () => {
    const { exitCode } = process;
    expect(run("all is well", [{ message: "expected 1 to be 2" }])).toBe("");
    expect(process.exitCode).toBe(exitCode);
  });

  it("finds a credential in a file, also in a recording", () => {
    const folder = mkdtempSync(join(tmpdir(), "recordings-"));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    writeFileSync(join(folder, "heard.txt"), "user: hello");
    writeFileSync(join(folder, "session.bin"), Buffer.concat([Buffer.from([0, 255, 7]), Buffer.from(canary())]));
    expect(leakyFiles([folder, join(folder, "none")])).toEqual([`${join(folder, "session.bin")}: raw`]);
  });
});
