/** Looks at a port: can a server listen there? */
import { createServer } from 'node:net';

export type PortFacts = { readonly state: 'free' } | { readonly state: 'taken' | 'refused'; readonly error: string };

/** It listens for a moment, where it can. */
export function lookAtPort(host: string, port: number): Promise<PortFacts> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve({ state: error.code === 'EADDRINUSE' ? 'taken' : 'refused', error: error.message });
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve({ state: 'free' })));
  });
}
