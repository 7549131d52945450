import { defineConfig } from "vite";
import { tokenServer } from "./token-server";

export default defineConfig({ plugins: [tokenServer({ port: 5173 })] });
