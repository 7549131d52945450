import { inject, onTestFinished } from "vitest";
import type { FaultKnobs, LocalServiceOptions } from "../../../packages/local-service/src/index.js";
import type { ServiceSessionView, ServiceView, StageOrder } from "../../../packages/testkit/src/worlds/stage-server.js";

/** A local service outside the page, in the hands of a test. */
export interface StagedService {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** For `base_url`. */
  readonly wsUrl: string;
  /** Where a Pipecat app starts its bot. */
  readonly pipecatUrl: string;
  /** What has crossed its wires, and who is connected. */
  look(): Promise<ServiceView>;
  /** The session that is open. Throws unless there is exactly one. */
  session(): Promise<ServiceSessionView>;
  setFaults(faults: Partial<FaultKnobs>): Promise<void>;
  /** Closes open sessions with a close frame. */
  drop(code: number, reason?: string): Promise<void>;
  /** Cuts the lines of open sessions. */
  terminate(): Promise<void>;
  /** Cuts every line, and leaves the port closed. */
  stop(): Promise<void>;
  /** Listens on the same port again. */
  restart(): Promise<void>;
}

/** Starts a service that stops with the test. Nobody greets unless asked. */
export async function stagedService(options: LocalServiceOptions = {}): Promise<StagedService> {
  const { service, url, wsUrl, pipecatUrl } = await order({ do: "start", options: { greet: false, ...options } });
  onTestFinished(() => tell({ do: "stop", service }));
  const look = (): Promise<ServiceView> => order({ do: "look", service });
  return {
    url,
    wsUrl,
    pipecatUrl,
    look,
    session: async () => {
      const { sessions } = await look();
      const [session] = sessions;
      if (session === undefined || sessions.length > 1)
        throw new Error(`${sessions.length} sessions are open, not one.`);
      return session;
    },
    setFaults: (faults) => tell({ do: "set-faults", service, faults }),
    drop: (code, reason = "") => tell({ do: "drop", service, code, reason }),
    terminate: () => tell({ do: "terminate", service }),
    stop: () => tell({ do: "stop", service }),
    restart: () => tell({ do: "restart", service }),
  };
}

async function tell(body: StageOrder): Promise<void> {
  await order(body);
}

async function order(body: StageOrder): Promise<ServiceView> {
  // As plain text the browser sends it without asking first.
  const response = await fetch(inject("stageUrl"), { method: "POST", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as ServiceView;
}
