import { expect, test } from 'vitest';
import { parseConfig } from '../../../agent/config.ts';
import { demoAgentYaml } from '../../../deploy/demo/agent-config.ts';

test.each([
  ['street', true],
  ['any', true],
  ['none', false],
] as const)('the demo’s configuration is accepted as a whole (rules: %s; asks the hub: %s)', (rules, asks) => {
  const text = demoAgentYaml({
    device: 'demo',
    mqttUrl: 'mqtt://127.0.0.1:1883',
    tokenFile: '/d/token',
    dataDir: '/d',
    model: '/m/detector',
    clip: '/c/clip.avi',
    rules,
    asks,
    sensor: { series: '/c/live.csv' },
  });
  const config = parseConfig(text, '/d/agent.yaml');
  expect(config.refused).toEqual([]);
  expect([...config.streams.keys()]).toEqual(['street', 'machine']);
  expect(text.includes('escalate')).toBe(asks);
});
