/** What the demo tells whoever started it (a script, `npm run dev`), and what it prints where nobody did. */
import { z } from 'zod';

export const demoReady = z.object({
  type: z.literal('ready'),
  httpPort: z.number(),
  mqttPort: z.number(),
  /** Signs one browser in. */
  signInCode: z.string(),
  clip: z.string(),
  model: z.string(),
  /** The series that is replayed. */
  sensor: z.string(),
  /** Configuration of the agent. */
  agent: z.string(),
  dataDir: z.string(),
  adminTokenFile: z.string(),
});
export type DemoReady = z.infer<typeof demoReady>;

/** @param dashboard address of the page, where it is not the hub's own */
export function describeDemo(ready: DemoReady, dashboard = hubOf(ready)): string {
  return `
  Dashboard   ${dashboard}/#code=${ready.signInCode}
              (signs you in once; later: ${dashboard} with the token of ${ready.adminTokenFile})
  API         ${hubOf(ready)}/api/v1/docs
  MQTT        127.0.0.1:${ready.mqttPort}
  Clip        ${ready.clip}
  Model       ${ready.model}
  Sensor      ${ready.sensor}
  Agent       ${ready.agent}
  Data        ${ready.dataDir}
`;
}

export function hubOf({ httpPort }: Pick<DemoReady, 'httpPort'>): string {
  return `http://127.0.0.1:${httpPort}`;
}
