import { expect, test } from 'vitest';
import { isShareable } from '../../../../agent/pipeline/source/shared-view.ts';
import { streamConfig } from '../../../../shared/contract/config/stream.ts';

test.each<[boolean, Record<string, unknown>]>([
  [true, { source: 'rtsp://camera/live' }],
  [true, { source: 'http://camera/video' }],
  [true, { source: './clip.mp4' }],
  [true, { source: 'test:testsrc2' }],
  [false, { source: { url: './clip.mp4', pace: 'fast' } }],
  [false, { source: '/dev/video0' }],
  [false, { source: '-' }],
  [true, { kind: 'sensor', source: { url: 'mqtt://broker', topic: 't' } }],
  [true, { kind: 'sensor', source: { url: 'mqtts://broker', topic: 't' } }],
  [true, { kind: 'sensor', source: { url: 'ws://broker', topic: 't' } }],
  [true, { kind: 'sensor', source: { url: 'WSS://broker', topic: 't' } }],
  [false, { kind: 'sensor', source: { url: './a.csv' } }],
  [false, { kind: 'sensor', source: { url: './mqtt:a.csv' } }],
  [true, { kind: 'audio', source: 'rtsp://camera/live' }],
  [true, { kind: 'audio', source: 'RTSPS://camera/live' }],
  [true, { kind: 'audio', source: 'https://camera/live' }],
  [false, { kind: 'audio', source: './a.wav' }],
  [false, { kind: 'audio', source: './http:a.wav' }],
])('two processes may look at it: %s: %j', (shareable, fields) => {
  expect(isShareable(streamConfig.parse({ model: 'm', ...fields }))).toBe(shareable);
});
