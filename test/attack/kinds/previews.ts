/** Live pictures: far more of them than somebody who watches has asked for, and such that are none. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { channels } from '../../../shared/contract/channels.ts';
import { encodePicture } from '../../../shared/contract/codec.ts';
import type { Attack } from '../attack.ts';

const FLOOD = 1500;
const UNREAD_BYTES = 4 * 1024 * 1024;
const TIME_MS = 8000;
/** The hub looks at 20 pictures of a stream per second. */
const MOST_SHOWN = (TIME_MS / 1000 + 2) * 20;

export const previewFlood: Attack = {
  name: 'preview-flood',
  summary: 'a device floods somebody who watches it with large pictures, giant headers and pictures that are none',
  async run(stage, random) {
    const attacker = await stage.attacker();
    const viewer = new WebSocket(`ws://127.0.0.1:${stage.httpPort()}/api/v1/live`, {
      headers: { authorization: `Bearer ${stage.adminToken()}` },
    });
    let shown = 0;
    viewer.on('error', () => undefined);
    viewer.on('message', (_data, isBinary) => {
      if (isBinary) shown++;
    });
    await new Promise<void>((resolve) => viewer.once('open', () => resolve()));
    viewer.send(JSON.stringify({ type: 'watch', device: attacker.id, stream: 'door' }));
    const jpeg = (bytes: number) => Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(bytes, 7)]);
    const header = { stream: 'door', frame: 1, ptsMs: 0, wall: 0, width: 640, height: 480, detections: [] };
    const kinds = [
      () => encodePicture(header, jpeg(Math.floor(random() * 1.5e6))),
      () => encodePicture(header, jpeg(2000)),
      () => encodePicture({ ...header, more: 'x'.repeat(900_000) }, jpeg(10)),
      () =>
        encodePicture(
          Array.from({ length: 200_000 }, () => 0),
          jpeg(10),
        ),
      () => Buffer.alloc(Math.floor(random() * channels.preview.maxBytes), 0xff),
      () => Buffer.alloc(0),
    ];
    // Until the hub knows that somebody watches.
    for (let n = 0; n < 100 && shown === 0; n++) {
      attacker.device.publish(encodePicture(header, jpeg(2000)), 'preview');
      await sleep(100);
    }
    const end = performance.now() + TIME_MS;
    let sent = 0;
    while (sent < FLOOD && performance.now() < end) {
      if (!attacker.device.up || attacker.device.unread > UNREAD_BYTES) {
        await sleep(5);
        continue;
      }
      attacker.device.publish(
        (kinds[Math.floor(random() * kinds.length)] ?? kinds[0])?.() ?? Buffer.alloc(0),
        'preview',
      );
      sent++;
    }
    const isStillThere = viewer.readyState === WebSocket.OPEN;
    viewer.terminate();
    return [
      ...(sent > 0 ? [] : ['nothing was sent']),
      ...(shown > 0 ? [] : ['not one picture was shown']),
      ...(shown <= MOST_SHOWN ? [] : [`${shown} pictures were shown in ${TIME_MS / 1000} s`]),
      ...(isStillThere ? [] : ['the one who watched was thrown out']),
    ];
  },
};
