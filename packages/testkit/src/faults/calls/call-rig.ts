import { startLocalService, type LiveSession, type LocalService } from "../../../../local-service/src/index.js";
import { silent } from "../../worlds/world.js";
import { FaultProxy } from "../network/fault-proxy.js";
import { openAiCallLiar } from "../liars/protocols/openai-call.js";
import type { CallFault, CallScene } from "./call-fault.js";
import { LyingCalls } from "./lying-calls.js";
import { OfferProxy } from "./offer-proxy.js";
import { PacketPath } from "./packet-path.js";

/** What of a scene is outside the page: a service, and what stands between it and the page. */
export class CallRig implements CallScene {
  /** Told what the app is to say. */
  ask: (text: string) => void = () => undefined;
  readonly #sessions = new Set<LiveSession>();
  /** The service forgets a session that ends; what it has heard is still to be looked at. */
  readonly #remembering = setInterval(() => this.#remember(), 10);

  private constructor(
    readonly fault: CallFault,
    readonly line: FaultProxy,
    readonly offers: OfferProxy,
    readonly path: PacketPath,
    private readonly server: LocalService | LyingCalls,
  ) {}

  static async set(fault: CallFault): Promise<CallRig> {
    const server =
      fault.server === "liar"
        ? await LyingCalls.start(openAiCallLiar)
        : await startLocalService({ greet: false, replyDelayMs: 5, replySpeed: 40, logger: silent, ...fault.options });
    const path = new PacketPath();
    const offers = await OfferProxy.start(server.port, path);
    const rig = new CallRig(fault, await FaultProxy.start(offers.port), offers, path, server);
    await fault.before?.(rig);
    return rig;
  }

  /** For `base_url`. */
  get url(): string {
    return `http://127.0.0.1:${String(this.line.port)}/v1/realtime`;
  }

  get service(): LocalService {
    if (this.server instanceof LyingCalls) throw new Error("this scene is played by a liar");
    return this.server;
  }

  get liar(): LyingCalls {
    if (this.server instanceof LyingCalls) return this.server;
    throw new Error("this scene is played by the local service");
  }

  /**
   * Gaps count from now on. Resolves when the fault has had its effect.
   * @param begun The fault has struck.
   */
  async strike(begun: () => void): Promise<void> {
    this.path.sound.up.restart();
    const striking = this.fault.strike?.(this);
    begun();
    await striking;
  }

  /** The longest time in which no sound of the user's was delivered, in ms. */
  get gapMs(): number {
    return this.path.sound.up.longestGapMs;
  }

  /** Whether a text has reached the service, over whichever call. */
  arrived(text: string): boolean {
    if (this.server instanceof LyingCalls) return this.server.texts.includes(text);
    this.#remember();
    return [...this.#sessions].some(({ items }) => JSON.stringify(items).includes(JSON.stringify(text)));
  }

  async close(): Promise<void> {
    clearInterval(this.#remembering);
    await this.line.close();
    await this.offers.close();
    await this.server.close();
    this.path.close();
  }

  #remember(): void {
    if (this.server instanceof LyingCalls) return;
    for (const session of this.server.sessions) this.#sessions.add(session);
  }
}
