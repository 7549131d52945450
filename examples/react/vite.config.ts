import { defineConfig } from "vite";
import { tokenServer } from "./token-server.ts";

export default defineConfig({ plugins: [tokenServer({ port: 5173 })] });
