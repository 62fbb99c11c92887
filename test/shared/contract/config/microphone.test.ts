import { expect, test } from 'vitest';
import { sensorSource } from '../../../../shared/contract/config/sensor-source.ts';
import { streamConfig } from '../../../../shared/contract/config/stream.ts';
import { complaints } from './complaints.ts';

test.each(['alsa:default', 'alsa:hw:1,0', 'alsa:plughw:CARD=Device,DEV=0', 'alsa:my_mic'])(
  'a microphone: %s',
  (url) => {
    expect(complaints(streamConfig, { kind: 'audio', source: { url, openS: 5 }, model: 'm' })).toEqual([]);
    const source = { url, user: 'me', passwordFile: 'x', transport: 'tcp' };
    expect(complaints(streamConfig, { kind: 'audio', source, model: 'm' })).toEqual([
      'source.transport: is for rtsp://',
      'source.user: is for rtsp:// and http(s)://',
      'source.passwordFile: is for rtsp:// and http(s)://',
    ]);
    expect(complaints(sensorSource, { url })).not.toEqual([]);
  },
);
