import { expect, test } from 'vitest';
import { parseConfig } from '../../../agent/config.ts';
import { demoAgentYaml } from '../../../deploy/demo/agent-config.ts';

test.each(['street', 'any', 'none'] as const)(
  'the demo’s configuration is accepted as a whole (rules: %s)',
  (rules) => {
    const text = demoAgentYaml({
      device: 'demo',
      mqttUrl: 'mqtt://127.0.0.1:1883',
      tokenFile: '/d/token',
      dataDir: '/d',
      model: '/m/detector',
      clip: '/c/clip.avi',
      rules,
      sensor: { series: '/c/live.csv' },
    });
    const config = parseConfig(text, '/d/agent.yaml');
    expect(config.refused).toEqual([]);
    expect([...config.streams.keys()]).toEqual(['street', 'machine']);
  },
);
