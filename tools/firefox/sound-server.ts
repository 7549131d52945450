import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** `norewinds`: without it an output takes 1.7 s to start. */
const FORMAT = "rate=48000 format=float32le norewinds=1";
const START_MS = 10_000;
/** What a microphone hears. */
const TONE = "module-sine frequency=440";

/** A PulseAudio of its own, with speakers and microphones that exist in software and can be pulled out. */
export class SoundServer {
  readonly #modules = new Map<string, string[]>();

  private constructor(
    /** What a program that is to play and record here needs in its environment. */
    readonly environment: NodeJS.ProcessEnv,
    private readonly folder: string,
    private readonly daemon: ChildProcess,
  ) {}

  /** @throws Error where PulseAudio does not run. */
  static async start(): Promise<SoundServer> {
    const folder = await mkdtemp(join(tmpdir(), "rtvi-machine-sound-"));
    const runtime = join(folder, "run");
    await mkdir(runtime, { mode: 0o700 });
    const environment = {
      ...process.env,
      HOME: folder,
      XDG_RUNTIME_DIR: runtime,
      XDG_CONFIG_HOME: join(folder, "config"),
      PULSE_SERVER: `unix:${join(runtime, "pulse", "native")}`,
    };
    const args = ["-n", "--daemonize=no", "--exit-idle-time=-1", "-L", "module-native-protocol-unix"];
    const daemon = spawn("pulseaudio", args, { env: environment, stdio: ["ignore", "ignore", "pipe"] });
    const server = new SoundServer(environment, folder, daemon);
    let said = "";
    daemon.stderr.on("data", (data: Buffer) => {
      said += data.toString();
    });
    for (const until = Date.now() + START_MS; Date.now() < until && daemon.exitCode === null;) {
      if (server.#ask("info").status === 0) return server;
      await sleep(100);
    }
    await server.stop();
    throw new Error(`PulseAudio did not start: ${said.slice(-500)}`);
  }

  /** A speaker is plugged in. */
  plugSpeaker(name: string): void {
    this.#plug(name, [
      `module-null-sink sink_name=${name} ${FORMAT} channels=2 sink_properties=device.description=${name}`,
    ]);
  }

  /** A microphone that hears a tone is plugged in. */
  plugMicrophone(name: string): void {
    const feed = `${name}-feed`;
    this.#plug(name, [
      `module-null-sink sink_name=${feed} ${FORMAT} channels=1 sink_properties=device.description=${feed}`,
      `module-remap-source source_name=${name} master=${feed}.monitor source_properties=device.description=${name}`,
      `${TONE} sink=${feed}`,
    ]);
  }

  /** A device is pulled out. */
  unplug(name: string): void {
    for (const id of [...(this.#modules.get(name) ?? [])].reverse()) this.#control("unload-module", id);
    this.#modules.delete(name);
  }

  unplugAll(): void {
    for (const name of [...this.#modules.keys()]) this.unplug(name);
  }

  setDefaultSpeaker(name: string): void {
    this.#control("set-default-sink", name);
  }

  setDefaultMicrophone(name: string): void {
    this.#control("set-default-source", name);
  }

  /** The loudest sample that a speaker plays within a time, 0 to 1. */
  async loudest(speaker: string, ms: number): Promise<number> {
    const format = ["--format=float32le", "--channels=1", "--rate=48000", "--latency-msec=20"];
    const recorder = spawn("parec", [...format, `--device=${speaker}.monitor`], {
      env: this.environment,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const chunks: Buffer[] = [];
    recorder.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    await sleep(ms);
    const ended = once(recorder, "close");
    recorder.kill();
    await ended;
    const bytes = Buffer.concat(chunks);
    let most = 0;
    for (let at = 0; at + 4 <= bytes.length; at += 4) most = Math.max(most, Math.abs(bytes.readFloatLE(at)));
    return most;
  }

  async stop(): Promise<void> {
    if (this.daemon.exitCode === null) {
      const ended = once(this.daemon, "exit");
      this.daemon.kill();
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  #plug(name: string, modules: readonly string[]): void {
    this.#modules.set(
      name,
      modules.map((module) => this.#control("load-module", ...module.split(" "))),
    );
  }

  #ask(...args: string[]) {
    return spawnSync("pactl", args, { env: this.environment, encoding: "utf8" });
  }

  /** @throws Error with what PulseAudio says. */
  #control(...args: string[]): string {
    const { status, stdout, stderr } = this.#ask(...args);
    if (status !== 0) throw new Error(`pactl ${args.join(" ")}: ${stderr}`);
    return stdout.trim();
  }
}
