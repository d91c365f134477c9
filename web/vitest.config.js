import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { alias } from './scripts/pages.mjs';

export default defineConfig({
  plugins: [svelte()],
  resolve: { alias },
  test: { include: ['test/**/*.test.ts'] },
});
