import react from "@vitejs/plugin-react";
import type { BuildOptions } from "vite";
import { defineConfig } from "vitest/config";

// One bundle for every island; each is a chunk of its own, fetched when a page has it (config/islands/registry.ts).
const islands: BuildOptions = {
  outDir: "static/islands",
  emptyOutDir: false, // servers and pages that run go on with the files they know; `rm -r static/islands` clears up
  manifest: "manifest.json",
  target: "es2022",
  chunkSizeWarningLimit: 1600, // kB uncompressed: elkjs is one file, fetched when the canvas tidies up
  rolldownOptions: { input: { main: "config/islands/main.tsx" } },
};

// What the pages of other sites embed: one file at an address that stays (`vite build --mode site`).
const site: BuildOptions = {
  outDir: "static/sojourn",
  target: "es2022",
  lib: { entry: "channels/site/main.ts", formats: ["iife"], name: "unused", fileName: () => "sojourn.js" },
};

export default defineConfig(({ mode }) => ({
  base: "./", // chunks find each other beside themselves, wherever STATIC_URL is
  publicDir: false,
  plugins: [react()],
  build: mode === "site" ? site : islands,
  test: { include: ["{config/islands,segments/builder,journeys/canvas,channels/site}/**/*.test.ts"] },
}));
