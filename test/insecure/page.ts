import { LogLevel, PipecatClient } from "@pipecat-ai/client-js";
import {
  EVERY_TRANSPORT,
  type Addresses,
  type TransportName,
} from "../../packages/testkit/src/worlds/every-transport.js";
import { canary } from "../../packages/testkit/src/secrets/secrets.js";

/** What an app is told on a page that is not secure. */
export interface Told {
  readonly initialized: string;
  readonly ready: string;
  readonly ended: string;
  readonly deviceErrors: readonly {
    readonly devices: readonly string[];
    readonly type: string;
    readonly message: string;
  }[];
}

declare global {
  interface Window {
    insecure: (name: TransportName, addresses: Addresses, connects: boolean) => Promise<Told>;
  }
}

window.insecure = async (name, addresses, connects) => {
  const deviceErrors: Told["deviceErrors"][number][] = [];
  const client = new PipecatClient({
    transport: EVERY_TRANSPORT[name](addresses, () => canary()),
    enableMic: true,
    callbacks: {
      onDeviceError: ({ devices, type, message }) => void deviceErrors.push({ devices, type, message }),
    },
  });
  client.setLogLevel(LogLevel.NONE);
  await client.initDevices();
  const initialized = client.state;
  if (connects) await client.connect();
  const ready = client.state;
  await client.disconnect();
  return { initialized, ready, ended: client.state, deviceErrors };
};
