import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { defaultLogger } from "../../../../src/log.js";
import {
  startLocalService,
  type FaultKnobs,
  type JsonObject,
  type LocalService,
  type LocalServiceOptions,
  type LoggedEvent,
} from "../../../local-service/src/index.js";

/** What a page may ask of the stage, by `POST`. */
export type StageOrder =
  | { readonly do: "start"; readonly options: LocalServiceOptions }
  /** Frees the port; `restart` takes it again. */
  | { readonly do: "stop"; readonly service: number }
  | { readonly do: "restart"; readonly service: number }
  | { readonly do: "set-faults"; readonly service: number; readonly faults: Partial<FaultKnobs> }
  /** Closes every session that is open with a close frame. */
  | { readonly do: "drop"; readonly service: number; readonly code: number; readonly reason: string }
  /** Cuts the line of every session that is open. */
  | { readonly do: "terminate"; readonly service: number }
  | { readonly do: "look"; readonly service: number };

/** What a service looks like from outside. */
export interface ServiceView {
  readonly service: number;
  readonly url: string;
  readonly wsUrl: string;
  readonly pipecatUrl: string;
  readonly events: readonly LoggedEvent[];
  readonly sessions: readonly ServiceSessionView[];
}

export interface ServiceSessionView {
  readonly id: string;
  readonly receivedMs: number;
  readonly items: readonly JsonObject[];
}

interface Actor {
  service: LocalService;
  readonly options: LocalServiceOptions;
  running: boolean;
}

const silent = { ...defaultLogger, debug: () => undefined, info: () => undefined };

/** Starts, breaks and looks at local services on behalf of a page, which cannot. */
export async function openStage(): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const actors: Actor[] = [];

  const actorOf = (order: { readonly service: number }): Actor => {
    const actor = actors[order.service];
    if (actor === undefined) throw new Error(`There is no service ${order.service}.`);
    return actor;
  };
  const obey = async (order: StageOrder, page: string | undefined): Promise<number> => {
    switch (order.do) {
      case "start": {
        const allowOrigins = page === undefined ? [] : [page];
        const options = { logger: silent, allowOrigins, ...order.options };
        return actors.push({ service: await startLocalService(options), options, running: true }) - 1;
      }
      case "stop": {
        const actor = actorOf(order);
        if (actor.running) await actor.service.close();
        actor.running = false;
        break;
      }
      case "restart": {
        const actor = actorOf(order);
        const { port } = actor.service;
        actor.service = await startLocalService({ ...actor.options, port });
        actor.running = true;
        break;
      }
      case "set-faults":
        Object.assign(actorOf(order).service.faults, order.faults);
        break;
      case "drop":
        for (const session of actorOf(order).service.sessions) session.drop(order.code, order.reason);
        break;
      case "terminate":
        for (const session of actorOf(order).service.sessions) session.terminate();
        break;
      case "look":
        break;
    }
    return order.service;
  };

  const server = createServer((request, response) => {
    response.setHeader("Access-Control-Allow-Origin", "*");
    readOrder(request)
      .then(async (order) => {
        const service = await obey(order, request.headers.origin);
        response.end(JSON.stringify(viewOf(actorOf({ service }).service, service)));
      })
      .catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await Promise.all(actors.filter(({ running }) => running).map(({ service }) => service.close()));
    },
  };
}

async function readOrder(request: IncomingMessage): Promise<StageOrder> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString("utf8")) as StageOrder;
}

function viewOf({ url, wsUrl, pipecatUrl, events, sessions }: LocalService, service: number): ServiceView {
  return {
    service,
    url,
    wsUrl,
    pipecatUrl,
    events,
    sessions: sessions.map(({ id, receivedMs, items }) => ({ id, receivedMs, items })),
  };
}
