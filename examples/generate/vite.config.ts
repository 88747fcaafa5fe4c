import { defineConfig } from "vite";

export default defineConfig({ base: "./" }); // so that the build works under any path
