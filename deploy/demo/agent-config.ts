/** `agent.yaml` of the demo. */
import { stringify } from 'yaml';

/** The street scene has its own geometry; another clip gets one that fits any picture. */
export type DemoRules = 'street' | 'any' | 'none';

export interface DemoAgent {
  readonly device: string;
  readonly mqttUrl: string;
  readonly tokenFile: string;
  readonly dataDir: string;
  readonly model: string;
  readonly clip: string;
  readonly rules: DemoRules;
  /** Does the hub give second opinions? */
  readonly asks: boolean;
  /** A series to replay. */
  readonly sensor: { readonly series: string };
}

/** Geometry for OpenCV's vtest.avi: people cross a square, mostly along its diagonals. */
const streetRules = [
  {
    kind: 'line',
    name: 'crossing',
    points: [
      [0.6, 0.18],
      [0.6, 0.95],
    ],
    labels: ['person'],
  },
  {
    kind: 'zone',
    name: 'lawn',
    points: [
      [0.05, 0.45],
      [0.42, 0.3],
      [0.52, 0.62],
      [0.12, 0.9],
    ],
    labels: ['person'],
  },
  { kind: 'threshold', name: 'crowd', atLeast: 5, frames: 5, labels: ['person'] },
];

const anyRules = [
  {
    kind: 'line',
    name: 'middle',
    points: [
      [0.5, 0.05],
      [0.5, 0.95],
    ],
  },
  {
    kind: 'zone',
    name: 'lower-half',
    points: [
      [0.05, 0.5],
      [0.95, 0.5],
      [0.95, 0.97],
      [0.05, 0.97],
    ],
  },
];

const rulesOf = { street: streetRules, any: anyRules, none: [] } as const;

export function demoAgentYaml(demo: DemoAgent): string {
  const config = {
    device: demo.device,
    dataDir: demo.dataDir,
    hub: { url: demo.mqttUrl, tokenFile: demo.tokenFile },
    models: { detector: demo.model },
    log: 'warn',
    // Any free port: the demo must not fail because something else listens on 8090.
    api: { port: 0 },
    streams: {
      street: {
        source: { url: demo.clip, loop: true },
        model: 'detector',
        fps: 5,
        summaryS: 5,
        rules: rulesOf[demo.rules],
        // Each event is asked about, within the usual budget: 120 pictures an hour.
        ...(demo.asks ? { escalate: { side: 1024 } } : {}),
      },
      machine: {
        kind: 'sensor',
        // One row a minute: ten rows a second are a day in two and a half minutes.
        source: { url: demo.sensor.series, speed: 600, loop: true, values: { temperature: 'temperature' } },
        detector: 'online',
        // This machine fails each day, which a detector that is left to itself would soon call usual: told is what comes less often than
        // once in 5 hours. A real machine wants no threshold.
        threshold: 0.03,
        summaryS: 5,
        rules: [{ kind: 'anomaly', name: 'overheating' }],
      },
    },
  };
  return `# Written by \`npm start\` each time: to change it, copy it and run \`vedette-agent run -c YOUR-COPY\`.\n${stringify(config)}`;
}
