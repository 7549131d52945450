import { RTVIMessage } from "@pipecat-ai/client-js";
import type { TransportOptions } from "../../../../src/options.js";
import { ScriptedTransport } from "../../../../src/testing/index.js";

/** A Pipecat server of protocol 0.3 behind a scripted transport: answers as it is told to, in the shapes of that time. */
export class ServicesServer extends ScriptedTransport {
  /** What to answer a message with; undefined leaves it unanswered. */
  answers: (message: RTVIMessage) => { type: string; data: unknown; id?: string } | undefined = () => undefined;

  constructor(options: TransportOptions) {
    super(options);
    this.service.watch = {
      message: (message) => {
        const answer = this.answers(message);
        if (answer === undefined) return;
        queueMicrotask(() => {
          this.says(answer.type, answer.data, answer.id ?? message.id);
        });
      },
    };
  }

  /** Everything that has reached the server. */
  get sent(): readonly RTVIMessage[] {
    return this.service.sent;
  }

  /** Hands the client a message, as it comes off the connection. */
  says(type: string, data?: unknown, id?: string): void {
    this._onMessage(new RTVIMessage(type, data, id));
  }
}
