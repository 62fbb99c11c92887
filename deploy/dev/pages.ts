/** The dashboard from its sources: Vite replaces what changes in the open page, and asks the hub for everything else. */
import { createLogger, createServer } from 'vite';

export interface Pages {
  /** `http://host:port` */
  readonly url: string;
  /** Calls `listener` with each file below these folders that is added, changed or removed. */
  watch(folders: readonly string[], listener: (file: string) => void): void;
  stop(): Promise<void>;
}

/** Paths that the hub answers. `Host` stays that of the page, because the hub takes sessions only from its own pages. */
const OF_THE_HUB = ['/api', '/metrics', '/healthz', '/readyz'];

/**
 * @param configFile of Vite
 * @param hub `http://host:port`
 * @param port the next free one is taken where it is not
 */
export async function servePages(configFile: string, hub: string, port: number): Promise<Pages> {
  const proxy = Object.fromEntries(OF_THE_HUB.map((path) => [path, { target: hub, ws: true }]));
  const logger = createLogger('warn', { allowClearScreen: false });
  const customLogger: typeof logger = {
    ...logger,
    // Each start of the hub breaks the page's connections; the page says so and connects again.
    error: (message, options) => {
      if (!message.includes('proxy')) logger.error(message, options);
    },
  };
  const server = await createServer({
    configFile,
    customLogger,
    server: { host: '127.0.0.1', port, proxy },
  });
  await server.listen();
  const [url] = server.resolvedUrls?.local ?? [];
  if (url === undefined) throw new Error('Vite does not say where the dashboard is');
  return {
    url: url.replace(/\/$/, ''),
    watch(folders, listener) {
      server.watcher.add([...folders]).on('all', (event, file) => {
        if (event !== 'addDir' && folders.some((folder) => file.startsWith(folder))) listener(file);
      });
    },
    stop: () => server.close(),
  };
}
