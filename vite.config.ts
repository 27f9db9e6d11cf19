import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// One bundle for every island; each is a chunk of its own, fetched when a page has it (config/islands/registry.ts).
export default defineConfig({
  base: "./", // chunks find each other beside themselves, wherever STATIC_URL is
  publicDir: false,
  plugins: [react()],
  build: {
    outDir: "static/islands",
    emptyOutDir: false, // servers and pages that run go on with the files they know; `rm -r static/islands` clears up
    manifest: "manifest.json",
    target: "es2022",
    chunkSizeWarningLimit: 1600, // kB uncompressed: elkjs is one file, fetched when the canvas tidies up
    rolldownOptions: { input: { main: "config/islands/main.tsx" } },
  },
  test: { include: ["{config/islands,segments/builder,journeys/canvas}/**/*.test.ts"] },
});
