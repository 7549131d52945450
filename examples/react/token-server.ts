import { startLocalService } from "@rtvi-machine/local-service";
import type { Plugin } from "vite";

const OPENAI = "https://api.openai.com/v1/realtime";

/**
 * `POST /api/session` of the development server: mints a secret that expires, with the key of the environment, or for the local service
 * where there is none. In production this is a route of your server.
 * @param port where Vite serves, unless `--port` says otherwise
 */
export function tokenServer({ port }: { readonly port: number }): Plugin {
  const key = process.env.OPENAI_API_KEY;
  let realtime = OPENAI;
  let stop = (): Promise<void> => Promise.resolve();
  return {
    name: "token-server",
    apply: "serve",
    async config({ server }) {
      const at = server?.port ?? port;
      if (key === undefined) {
        const allowOrigins = [`http://localhost:${String(at)}`, `http://127.0.0.1:${String(at)}`];
        const service = await startLocalService({ allowOrigins });
        realtime = `${service.url}/v1/realtime`;
        stop = () => service.close();
      }
      return {
        server: { port: at, strictPort: true },
        define: { "import.meta.env.VITE_REALTIME_URL": JSON.stringify(realtime) },
      };
    },
    configureServer({ middlewares, httpServer }) {
      httpServer?.once("close", () => void stop());
      middlewares.use("/api/session", (request, response) => {
        if (request.method !== "POST") return void response.writeHead(405).end();
        mint(realtime, key ?? "local").then(
          async (answer) =>
            response.writeHead(answer.status, { "Content-Type": "application/json" }).end(await answer.text()),
          () => response.writeHead(502).end(),
        );
      });
    },
  };
}

function mint(realtime: string, key: string): Promise<Response> {
  return fetch(`${realtime}/client_secrets`, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: JSON.stringify({ session: { type: "realtime", model: "gpt-realtime" } }),
  });
}
