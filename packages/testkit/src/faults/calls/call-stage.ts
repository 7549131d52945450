import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { rowOf } from "../catalogue/fault.js";
import { expectationOf } from "../catalogue/differences.js";
import { CALL_RESULTS, resultOf, writeResults, type FaultResult } from "../results.js";
import type { FaultRow } from "../catalogue/fault.js";
import { problemsOf, type FaultReport } from "../run/play-fault.js";
import { CallRig } from "./call-rig.js";
import { CALL_FAULTS, CALL_SUBJECT } from "./catalogue/index.js";

/** What a page may ask of the stage, by `POST`. */
export type CallOrder =
  | { readonly do: "set"; readonly fault: string }
  /** The answer comes line by line, until the fault has had its effect. */
  | { readonly do: "strike"; readonly scene: number }
  | { readonly do: "look"; readonly scene: number; readonly text: string }
  /** Ends a scene. The answer is what about the report is not as it must be. */
  | { readonly do: "judge"; readonly scene: number; readonly report: FaultReport }
  | { readonly do: "close"; readonly scene: number };

/** A line of the answer to `strike`: what the app is to say at once, or that the fault has struck. */
export type StrikeLine = { readonly ask: string } | { readonly ask?: undefined; readonly begun: true };

/** What is outside the page, as far as it can be seen from there. */
export interface CallView {
  readonly scene: number;
  /** For `base_url`. */
  readonly url: string;
  readonly gapMs: number;
  readonly arrived: boolean;
  /** Of the report, after `judge`. */
  readonly problems: readonly string[];
}

/** What `POST` is answered with, but for `strike`. */
export interface CallStageHandle {
  readonly url: string;
  readonly rows: readonly FaultRow[];
  readonly close: () => Promise<void>;
}

/** Sets scenes for a page, which cannot open a port; strikes when it says so; judges, and keeps what came of it. */
export async function openCallStage(): Promise<CallStageHandle> {
  const scenes: CallRig[] = [];
  const results: FaultResult[] = [];

  const sceneOf = (order: { readonly scene: number }): CallRig => {
    const rig = scenes[order.scene];
    if (rig === undefined) throw new Error(`There is no scene ${String(order.scene)}.`);
    return rig;
  };

  const judge = ({ fault }: CallRig, report: FaultReport): readonly string[] => {
    const problems = problemsOf(report, expectationOf(fault, CALL_SUBJECT.name) ?? fault.expect);
    results.push(resultOf(report, problems));
    return problems;
  };

  const obey = async (order: Exclude<CallOrder, { do: "strike" }>): Promise<CallView> => {
    let scene: number;
    if (order.do === "set") {
      const fault = CALL_FAULTS.find(({ name }) => name === order.fault);
      if (fault === undefined) throw new Error(`There is no fault ${order.fault}.`);
      scene = scenes.push(await CallRig.set(fault)) - 1;
    } else ({ scene } = order);
    const rig = sceneOf({ scene });
    const problems = order.do === "judge" ? judge(rig, order.report) : [];
    const arrived = order.do === "look" && rig.arrived(order.text);
    const view = { scene, url: rig.url, gapMs: rig.gapMs, arrived, problems };
    if (order.do === "close") await rig.close();
    return view;
  };

  const strike = async (rig: CallRig, response: ServerResponse): Promise<void> => {
    const tell = (line: StrikeLine): unknown => response.write(`${JSON.stringify(line)}\n`);
    rig.ask = (text) => void tell({ ask: text });
    await rig.strike(() => void tell({ begun: true }));
    response.end();
  };

  const server = createServer((request, response) => {
    response.setHeader("Access-Control-Allow-Origin", "*");
    readOrder(request)
      .then(async (order) => {
        if (order.do === "strike") await strike(sceneOf(order), response);
        else response.end(JSON.stringify(await obey(order)));
      })
      .catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500);
        response.end(String(error));
      });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    rows: CALL_FAULTS.map((fault) => rowOf(fault, CALL_SUBJECT)),
    close: async () => {
      server.closeAllConnections();
      server.close();
      if (results.length > 0) await writeResults(CALL_RESULTS, results);
    },
  };
}

async function readOrder(request: IncomingMessage): Promise<CallOrder> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString("utf8")) as CallOrder;
}
