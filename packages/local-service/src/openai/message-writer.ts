import { SoundEncoder } from "../audio/formats.js";
import { msToBytes } from "../audio/pcm.js";
import { inPieces } from "../bot/pacing.js";
import type { Plan } from "../bot/replier.js";
import { newId } from "./ids.js";
import { itemJson, type ItemStatus, type MessageItem, type Part } from "./items.js";
import type { ItemWriter, ResponseHost, ResponseRequest } from "./response-host.js";
import { spokenTokens, textTokens } from "./usage.js";

type Message = Extract<Plan, { kind: "message" }>;

/** Writes an assistant message: sound with its transcript in step, or text alone. */
export class MessageWriter implements ItemWriter {
  readonly item: MessageItem;
  readonly #request: ResponseRequest;
  readonly #host: ResponseHost;
  readonly #pcm: Buffer;
  readonly #words: string;
  readonly #part: Part;
  readonly #encoder: SoundEncoder;
  #sentBytes = 0;
  #spoken = "";
  #open = false;
  #previousId: string | null = null;

  constructor(request: ResponseRequest, plan: Message, host: ResponseHost) {
    this.#request = request;
    this.#encoder = new SoundEncoder(request.format);
    this.#host = host;
    this.#pcm = request.modality === "audio" ? plan.pcm : Buffer.alloc(0);
    this.#words = plan.words;
    this.#part =
      request.modality === "audio"
        ? { type: "output_audio", pcm: Buffer.alloc(0), transcript: "" }
        : { type: "output_text", text: "" };
    this.item = { type: "message", id: newId("item"), role: "assistant", content: [], status: "in_progress" };
  }

  *write(): Generator<number, boolean> {
    this.#begin();
    const { replyChunkMs, replySpeed } = this.#host.settings;
    const sound = this.#request.modality === "audio" ? this.#pcm : undefined;
    for (const piece of inPieces(this.#words, sound, replyChunkMs)) {
      this.#say(piece.words);
      this.#sound(piece.pcm);
      if (this.#tokens() > (this.#request.maxTokens === "inf" ? Infinity : this.#request.maxTokens)) return false;
      yield replyChunkMs / replySpeed;
    }
    return true;
  }

  close(status: ItemStatus): void {
    if (!this.#open) return;
    this.#open = false;
    this.item.status = status;
    const words = this.#spoken;
    if (this.#part.type === "output_audio") {
      this.#send("response.output_audio.done");
      this.#send("response.output_audio_transcript.done", { transcript: words });
      this.#send("response.content_part.done", { part: { type: "audio", transcript: words } });
    } else {
      this.#send("response.output_text.done", { text: words });
      this.#send("response.content_part.done", { part: { type: "text", text: words } });
    }
    const item = itemJson(this.item);
    this.#host.send({ type: "response.output_item.done", response_id: this.#request.id, output_index: 0, item });
    if (!this.#request.inConversation) return;
    this.#host.send({ type: "conversation.item.done", previous_item_id: this.#previousId, item });
  }

  *leftovers(): Iterable<() => void> {
    const step = msToBytes(this.#host.settings.replyChunkMs);
    for (let from = this.#sentBytes; from < this.#pcm.length; from += step) {
      yield () => {
        this.#delta(this.#pcm.subarray(from, from + step));
      };
    }
  }

  #begin(): void {
    const { send, conversation } = this.#host;
    this.#open = true;
    const item = itemJson(this.item);
    send({ type: "response.output_item.added", response_id: this.#request.id, output_index: 0, item });
    if (this.#request.inConversation) {
      this.#previousId = conversation.append(this.item);
      send({ type: "conversation.item.added", previous_item_id: this.#previousId, item });
    }
    this.item.content.push(this.#part);
    const audio = this.#part.type === "output_audio";
    this.#send("response.content_part.added", {
      part: audio ? { type: "audio", transcript: "" } : { type: "text", text: "" },
    });
  }

  #say(delta: string): void {
    if (delta === "") return;
    this.#spoken += delta;
    if (this.#part.type === "output_audio") {
      this.#part.transcript = this.#spoken;
      this.#send("response.output_audio_transcript.delta", { delta });
    } else if (this.#part.type === "output_text") {
      this.#part.text = this.#spoken;
      this.#send("response.output_text.delta", { delta });
    }
  }

  #sound(pcm: Buffer): void {
    if (pcm.length === 0 || this.#part.type !== "output_audio") return;
    this.#sentBytes += pcm.length;
    this.#part.pcm = this.#pcm.subarray(0, this.#sentBytes);
    this.#delta(pcm);
  }

  #delta(pcm: Buffer): void {
    this.#send("response.output_audio.delta", { delta: this.#encoder.push(pcm).toString("base64") });
  }

  #tokens(): number {
    return textTokens(this.#spoken) + spokenTokens(this.#pcm.subarray(0, this.#sentBytes));
  }

  #send(type: string, fields: Readonly<Record<string, unknown>> = {}): void {
    const at = { response_id: this.#request.id, item_id: this.item.id, output_index: 0, content_index: 0 };
    this.#host.send({ type, ...at, ...fields });
  }
}
