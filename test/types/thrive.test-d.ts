import { describe, expectTypeOf, it } from "vitest";
import { createWebSocketTransport } from "../../src/compat/thrive/index.js";
import type {
  ConnectOptions,
  WebSocketTransport,
  WebSocketTransportConfig,
  WebSocketTransportDeps,
} from "../../src/compat/thrive/index.js";

/** The interfaces of the documentation. */
interface DocumentedConfig {
  voice?: string;
  persona?: string;
  instructions?: string;
  capabilities?: string[];
  featureFlags?: {
    memory?: string;
  };
  tools?: {
    type: string;
    name: string;
    description: string;
    parameters: Record<string, unknown>;
  }[];
}
interface DocumentedDeps {
  getSessionToken: () => Promise<{
    client_secret: { value: string; expires_at: string };
    session_id: string;
    model: string;
  }>;
}
interface DocumentedConnectOptions {
  token: string;
  onEvent: (event: unknown) => void;
}

describe("createWebSocketTransport, as an app of the platform writes it", () => {
  it("takes the documented example, word for word", async () => {
    const config = {
      voice: "alloy",
      persona: "You are a helpful AI assistant.",
      instructions: "You are a helpful AI assistant.",
      capabilities: ["text", "audio", "tools"],
      featureFlags: {
        memory: "off",
      },
      tools: [
        {
          type: "function",
          name: "echo",
          description: "Echoes back the provided arguments",
          parameters: {
            type: "object",
            properties: {
              message: { type: "string", description: "Message to echo back" },
            },
            required: ["message"],
          },
        },
      ],
    };

    const deps = {
      getSessionToken: async () => {
        const response = await fetch("/api/realtime/session", {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify(config),
        });
        // oxlint-disable-next-line typescript/no-unsafe-return -- The documentation's own line.
        return response.json();
      },
    };

    const transport = createWebSocketTransport(config, deps);

    // Connect to the transport
    await transport.connect({
      token: "your-token",
      onEvent: (event) => console.log("Event:", event),
    });

    // Send events
    transport.send({
      type: "conversation.item.create",
      item: {
        type: "message",
        role: "user",
        content: "Hello!",
      },
    });

    // Close connection
    await transport.close();
  });

  it("takes what has the documented types", () => {
    expectTypeOf<DocumentedConfig>().toExtend<WebSocketTransportConfig>();
    expectTypeOf<DocumentedDeps>().toExtend<WebSocketTransportDeps>();
    expectTypeOf<DocumentedConnectOptions>().toExtend<ConnectOptions>();
    expectTypeOf<WebSocketTransport["kind"]>().toEqualTypeOf<"websocket">();
    expectTypeOf<WebSocketTransport["close"]>().toEqualTypeOf<() => Promise<void>>();
  });

  it("sends events that an app has types for", () => {
    interface Commit {
      type: "input_audio_buffer.commit";
      event_id?: string;
    }
    expectTypeOf<WebSocketTransport["send"]>().toBeCallableWith({} as Commit);
    // @ts-expect-error an event has a type
    expectTypeOf<WebSocketTransport["send"]>().toBeCallableWith({ item: {} });
  });
});
