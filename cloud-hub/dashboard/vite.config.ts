import { fileURLToPath } from 'node:url';
import preact from '@preact/preset-vite';
import { defineConfig } from 'vite';

/**
 * Built ahead into dist/, served static by the hub. Nothing is inlined: the hub's CSP allows only its own files. `npm run dev`
 * serves the sources instead, and replaces components in the open page.
 */
export default defineConfig(({ command }) => ({
  // The hub says in <base> under which path people reach it.
  base: command === 'serve' ? '/' : './',
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [preact({ prefreshEnabled: command === 'serve', devToolsEnabled: false })],
  build: {
    outDir: fileURLToPath(new URL('../../dist/cloud-hub/dashboard', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
}));
