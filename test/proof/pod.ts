/**
 * The pod of the chart's DaemonSet, as helm renders it, run by `podman kube play`: state, enrolment, agent. What Podman does not do as
 * Kubernetes does is told, and changed before:
 *
 *   spec.nodeName     is filled in: Podman knows no nodes
 *   ports, network    the network of this machine: Podman maps no ports in it, and the pod finds the hub there
 *   probes            are left out: Podman asks them with curl, which the image does not have; this proof asks /readyz instead
 *   Secret            is a ConfigMap: Podman 4.3 mounts no Secret
 *   restartPolicy     is Never: with Always, Podman 4.3 starts init containers again for ever
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { at, type Manifest, manifestsOf } from '../support/manifests.ts';
import { until } from '../support/until.ts';
import type { Images } from './images.ts';
import { ask } from './run.ts';

export interface PodOptions {
  readonly images: Images;
  readonly helm: string;
  /** The checkout. */
  readonly root: string;
  readonly folder: string;
  /** A model package. */
  readonly model: string;
  readonly hub: { readonly url: string; readonly mqttUrl: string };
  readonly claim: string;
  readonly node: string;
  /** Port of the agent's API. */
  readonly api: number;
}

const POD = 'vedette-agent';
const READY_MS = 120_000;

const container = z.looseObject({
  env: z.array(z.looseObject({ name: z.string(), valueFrom: z.unknown().optional() })),
});
const podSpec = z.looseObject({
  initContainers: z.array(container),
  containers: z.array(container),
  volumes: z.array(z.looseObject({ name: z.string(), secret: z.looseObject({ secretName: z.string() }).optional() })),
});

/** Starts it. @returns when it says that it is ready */
export async function playPod(options: PodOptions): Promise<string> {
  const { images, folder, api } = options;
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'pod.yaml');
  writeFileSync(
    file,
    documentsOf(await rendered(options), options)
      .map((document) => stringify(document))
      .join('---\n'),
  );
  await images.podman('kube', 'play', '--log-driver', 'k8s-file', '--network', 'host', file);
  const isReady = async () => (await fetch(`http://127.0.0.1:${api}/readyz`).catch(() => undefined))?.status === 200;
  await until(isReady, 'the pod is ready', READY_MS);
  return (await images.podman('ps', '--all', '--filter', `pod=${POD}`, '--format', '{{.Names}}: {{.Status}}')).trim();
}

async function rendered({ helm, root, folder, model, hub }: PodOptions): Promise<Manifest[]> {
  const streams = { test: { source: 'test:testsrc2', model: 'people', fps: 2, summaryS: 1 } };
  const config = { models: { people: `/models/${path.basename(model)}` }, streams };
  const values = {
    image: { registry: 'localhost/', tag: 'latest' },
    hub: { enabled: false },
    network: { enabled: false },
    agent: {
      hub,
      modelsPath: path.dirname(model),
      state: { path: path.join(folder, 'state') },
      groups: [{ name: 'boxes', runners: 1, config }],
    },
  };
  const file = path.join(folder, 'values.json');
  writeFileSync(file, JSON.stringify(values));
  return manifestsOf(await ask(helm, ['template', 'vedette', path.join(root, 'deploy/k3s'), '-f', file]));
}

function documentsOf(manifests: readonly Manifest[], { claim, node, api }: PodOptions): object[] {
  const find = (kind: string) => manifests.find((manifest) => manifest.kind === kind);
  const [daemons, config] = [find('DaemonSet'), find('ConfigMap')];
  const spec = podSpec.parse(at(daemons, 'spec', 'template', 'spec'));
  const contained = ({
    env,
    ports,
    startupProbe,
    readinessProbe,
    livenessProbe,
    ...kept
  }: z.infer<typeof container>) => ({
    ...kept,
    env: env.map(({ valueFrom, ...given }) => (valueFrom === undefined ? given : { ...given, value: node })),
  });
  const volumes = spec.volumes.map(({ secret, ...volume }) =>
    secret ? { ...volume, configMap: { name: secret.secretName } } : volume,
  );
  const data = z.record(z.string(), z.string()).parse(at(config, 'data'));
  const claimed = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'vedette-claim' }, data: { claim } };
  // Another program may listen at the chart's port.
  const moved = Object.entries(data).map(([name, text]) => [name, text.replace('port: 8090', `port: ${api}`)]);
  return [
    { ...config, data: Object.fromEntries(moved) },
    claimed,
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: POD, annotations: { 'io.podman.annotations.init.container.type': 'always' } },
      spec: {
        ...spec,
        initContainers: spec.initContainers.map(contained),
        containers: spec.containers.map(contained),
        volumes,
        restartPolicy: 'Never',
        hostNetwork: true,
      },
    },
  ];
}
