/** Child of `bench uplink`: an MQTT broker that acknowledges batches at once and stores nothing. Tells its port. */
import { createServer } from 'node:net';
import { Aedes } from 'aedes';
import { z } from 'zod';
import { channels, parseTopic, topicOf } from '../../shared/contract/channels.ts';
import { decode, encode } from '../../shared/contract/codec.ts';

const aedes = await Aedes.createBroker({ concurrency: 0 });
const frame = z.object({ epoch: z.string(), to: z.number() });
aedes.on('publish', ({ topic, payload }, client) => {
  const parsed = parseTopic(topic);
  if (!client || parsed?.channel !== 'records') return;
  // The bare publisher's batches are the same bytes, and nobody waits for an acknowledgement of those.
  const { epoch, to } = frame.parse(decode(Buffer.from(payload), 4 * channels.records.maxBytes));
  const ack = encode({ epoch, upTo: to });
  aedes.publish(
    { cmd: 'publish', topic: topicOf(parsed.device, 'ack'), payload: ack, qos: 1, retain: false, dup: false },
    () => undefined,
  );
});
const server = createServer((socket) => {
  socket.setNoDelay(true);
  aedes.handle(socket);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' && address ? address.port : 0);
});
process.once('disconnect', () => process.exit());
