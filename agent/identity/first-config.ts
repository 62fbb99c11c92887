/** The first agent.yaml of a device. Pure. */
import { stringify } from 'yaml';

export interface FirstConfig {
  readonly device: string;
  readonly broker: string;
  readonly hub: string;
  /** Is there a root.json? */
  readonly hasRoot: boolean;
  /** Folder of identity.json, root.json and the data. */
  readonly state: string;
}

export function firstConfig({ device, broker, hub, hasRoot, state }: FirstConfig): string {
  const config = {
    device,
    dataDir: `${state}/data`,
    hub: { url: broker, identityFile: `${state}/identity.json` },
    ...(hasRoot ? { updates: { url: hub, rootFile: `${state}/root.json` } } : {}),
    models: {},
    streams: {},
  };
  const hint = hasRoot
    ? 'The hub may send models and streams; your own go below `models` and `streams`.'
    : 'The hub had no signed models yet: for updates of models add `updates` with `url` and `rootFile`.';
  return `# Written by \`vedette-agent enroll\`. ${hint}\n${stringify(config)}`;
}
