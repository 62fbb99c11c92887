/** A proxy that holds an RTSP camera's answers to DESCRIBE back, as cameras on batteries and proxies on demand do. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** @returns the port that it listens on; it ends with the test */
export async function startSlowRelay(cameraPort: number, delayMs: number): Promise<number> {
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((viewer) => {
    const camera = connect(cameraPort, '127.0.0.1');
    for (const socket of [viewer, camera]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    const port = () => (server.address() as AddressInfo).port;
    // The camera answers to its own address only.
    viewer.on('data', (data) => {
      camera.write(data.toString('latin1').replaceAll(`:${port()}/`, `:${cameraPort}/`), 'latin1');
    });
    let before: Promise<unknown> = Promise.resolve();
    camera.on('data', (data) => {
      before = before.then(async () => {
        if (data.includes('application/sdp')) await sleep(delayMs);
        viewer.write(data);
      });
    });
    viewer.on('close', () => camera.destroy());
    camera.on('close', () => viewer.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
