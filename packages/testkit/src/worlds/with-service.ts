import { afterEach } from "vitest";
import { startLocalService, type LocalService, type LocalServiceOptions } from "../../../local-service/src/index.js";
import { RawClient } from "../clients/raw-client.js";

const running: LocalService[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.close()));
});

/** A service that is closed when the test is over. Answers come fast, and nobody greets unless asked. */
export async function withService(options: LocalServiceOptions = {}): Promise<LocalService> {
  const service = await startLocalService({
    greet: false,
    replyDelayMs: 5,
    replySpeed: 40,
    playbackSpeed: 40,
    ...options,
  });
  running.push(service);
  return service;
}

/** A service and a client that has seen `session.created`. */
export async function withSession(
  options: LocalServiceOptions = {},
  session?: object,
): Promise<{ service: LocalService; client: RawClient }> {
  const service = await withService(options);
  const client = await RawClient.open(service.wsUrl);
  await client.event("session.created");
  if (session) {
    client.send("session.update", { session: { type: "realtime", ...session } });
    await client.event("session.updated");
  }
  return { service, client };
}
