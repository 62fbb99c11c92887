/** A device that asks a hub for second opinions, with pictures in which the bright model finds a person or nothing. */
import { randomBytes } from 'node:crypto';
import sharp from 'sharp';
import { encodePicture } from '../../../shared/contract/codec.ts';
import type { SampleHeader } from '../../../shared/contract/messages/sample.ts';
import { type Verdict, verdict } from '../../../shared/contract/messages/verdict.ts';
import type { TestDevice } from '../support.ts';

/** In the middle of the picture: what the bright model finds there. */
export const box: [number, number, number, number] = [0.375, 0.375, 0.125, 0.125];

/** A dark picture, with a bright cell in the middle where it is asked for. */
export function picture(bright: boolean): Promise<Buffer> {
  const square = { create: { width: 8, height: 8, channels: 3 as const, background: bright ? '#fff' : '#000' } };
  return sharp({ create: { width: 64, height: 64, channels: 3, background: '#000' } })
    .composite([{ input: square, left: 24, top: 24 }])
    .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
    .toBuffer();
}

export const eventOf = (label: string): NonNullable<SampleHeader['event']> => ({
  ...{ rule: 'line', ruleKind: 'line', action: 'forward', label, score: 0.7, box },
});

export function header(more: Partial<SampleHeader> = {}): SampleHeader {
  return {
    ...{ id: randomBytes(16).toString('hex'), stream: 'door', chosenBy: ['event'], frame: 7, ptsMs: 700, wall: 1 },
    ...{ region: [0, 0, 1, 1], threshold: 0.5, labels: ['person'], objects: [{ label: 'person', score: 0.7, box }] },
    event: eventOf('person'),
    ...more,
  };
}

export async function ask(device: TestDevice, sample: SampleHeader, jpeg: Uint8Array): Promise<Verdict> {
  await device.publishRaw('sample', encodePicture(sample, jpeg));
  return verdict.parse(await device.next('verdict'));
}
