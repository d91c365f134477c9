import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { alias, inlinePolyfills } from './scripts/pages.mjs';

/** Lets `npm run dev` answer the addresses people use. */
function pageAddresses() {
  const pages = [
    [/^\/room(\/live)?$/, '/room.html'],
    [/^\/join$/, '/join.html'],
    [/^\/p(\/[\w-]+)?$/, '/phone.html'],
    [/^\/captions$/, '/captions.html'],
    [/^\/watch(\/[\w-]+)?$/, '/watch.html'],
    [/^\/(login|today|teach\/.*|library.*|admin.*)$/, '/staff.html'],
  ];
  return {
    name: 'page-addresses',
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        const [path = '/', query] = (request.url ?? '/').split('?');
        const page = pages.find(([pattern]) => pattern.test(path));
        if (page) request.url = page[1] + (query ? `?${query}` : '');
        next();
      });
    },
  };
}

const SERVER = process.env.STREAMSVC_URL ?? 'http://127.0.0.1:8080';
const proxied = { target: SERVER, ws: true, changeOrigin: false };

export default defineConfig({
  plugins: [svelte(), inlinePolyfills(), pageAddresses()],
  resolve: { alias },
  server: { proxy: { '/api': proxied, '/whip': proxied, '/whep': proxied, '/channel': proxied } },
});
