/** The chart as helm renders it: against helm's own rules, the schemas of Kubernetes, and each property that its README promises. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { chart, hasHelm, helm, render, withoutHelm } from '../../support/helm.ts';
import { complaintsOf } from '../../support/kubernetes-schemas.ts';
import { at, type Manifest, manifestsOf, one, pod } from '../../support/manifests.ts';
import { deviations } from '../../support/pod-security.ts';
import { everything, example } from './values.ts';

describe.skipIf(!hasHelm)(`chart${withoutHelm}`, { timeout: 60_000 }, () => {
  test('helm finds nothing to complain of, with the defaults and with each example', () => {
    const files = readdirSync(path.join(chart, 'examples')).filter((name) => /^(ingress-.*|groups)\.yaml$/.test(name));
    expect(files).toEqual(['groups.yaml', 'ingress-nginx.yaml', 'ingress-traefik.yaml']);
    for (const args of [[], ...files.map((name) => ['-f', example(name)])])
      expect(helm('lint', '--strict', chart, ...args)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('0 chart(s) failed'),
      });
  });

  test('every manifest keeps the schema of its kind, without unknown fields', async () => {
    const rendered = [
      ...render(),
      ...render(everything),
      ...['groups.yaml', 'ingress-nginx.yaml', 'ingress-traefik.yaml'].flatMap((name) => render({}, example(name))),
      ...['istio.yaml', 'traefik-transport.yaml'].flatMap((name) => manifestsOf(readFileSync(example(name), 'utf8'))),
    ];
    const kinds = new Set(rendered.map(({ kind }) => kind));
    expect([...kinds].toSorted()).toEqual(
      [
        'ConfigMap',
        'DaemonSet',
        'Gateway',
        'Ingress',
        'Job',
        'NetworkPolicy',
        'PodDisruptionBudget',
        'PodMonitor',
        'Service',
        'ServiceAccount',
        'ServersTransport',
        'ServiceMonitor',
        'StatefulSet',
        'VirtualService',
      ].toSorted(),
    );
    expect((await Promise.all(rendered.map(complaintsOf))).flat()).toEqual([]);
  });

  test('the check of the schemas sees a wrong type and a field that is not there', async () => {
    const daemons = one(render(), 'DaemonSet', 'vedette-agent-boxes');
    const wrong = { ...daemons, spec: { ...(daemons.spec as object), minReadySeconds: 'soon', minReadySecond: 3 } };
    expect(await complaintsOf(wrong)).toEqual([
      expect.stringContaining('/spec/minReadySeconds must be integer'),
      expect.stringContaining('unknown field /spec/minReadySecond'),
    ]);
  });

  test.each([
    [
      'agent.groups',
      [
        { name: 'a', nodeSelector: { zone: 'x' } },
        { name: 'b', nodeSelector: { box: 'y' } },
      ],
      /a node could belong to a and to b/,
    ],
    ['agent.groups', [{ name: 'a', config: { device: 'x' } }], /invalid propertyName 'device'/],
    ['agent.groups', [{ name: 'A b' }], /pattern/],
    ['hub.ingress.enabled', true, /hub\.publicUrl is needed/],
    ['hub.metrics.enabled', true, /tokenSecret is needed/],
    ['agent.metrics.enabled', true, /tokenSecret is needed/],
    ['hub.replicas', 3, /additional properties 'replicas' not allowed/],
    ['hub.enabled', false, /network\.hubs/],
    ['hub.database.url', 'postgres://hub@db.example/vedette', /network\.databases is needed/],
    ['hub.database.url', 'postgres://hub:secret@db.example/vedette', /pattern/],
    ['network.cameras', [{ cidr: 'anywhere', ports: [{ port: 554, protocol: 'TCP' }] }], /pattern/],
  ])('%s: %j is refused', (key, value, why) => {
    const { code, stderr } = helm('template', 'vedette', chart, '--set-json', `${key}=${JSON.stringify(value)}`);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(why);
  });

  test('the hub keeps Pod Security "restricted"; the agent deviates by its folder on the node and by who gives that away', () => {
    const manifests = render();
    const hub = deviations(pod(one(manifests, 'StatefulSet', 'vedette-hub')));
    expect(hub).toEqual([]);
    const agent = deviations(pod(one(manifests, 'DaemonSet', 'vedette-agent-boxes')));
    expect(agent).toEqual(['volume state: hostPath', 'state: runs as root', 'state: keeps capabilities']);
    const prepared = pod(one(render({ 'agent.state.prepare': false }), 'DaemonSet', 'vedette-agent-boxes'));
    expect(deviations(prepared)).toEqual(['volume state: hostPath']);
    const cameras = { name: 'usb', devices: { host: ['/dev/video0'] } };
    const privileged = pod(one(render({ 'agent.groups': [cameras] }), 'DaemonSet', 'vedette-agent-usb'));
    expect(deviations(privileged)).toContain('agent: privileged');
    expect(at(privileged, 'volumes', 'device-0', 'hostPath')).toEqual({ path: '/dev/video0', type: 'CharDevice' });
    for (const container of ['hub', 'agent', 'enrol', 'state']) {
      const found = manifests
        .flatMap((m) => [at(pod(m), 'containers', container), at(pod(m), 'initContainers', container)])
        .find(Boolean);
      expect(at(found, 'securityContext', 'readOnlyRootFilesystem')).toBe(true);
    }
    for (const manifest of manifests.filter(({ kind }) => /Set$/.test(kind)))
      expect(pod(manifest)).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
  });

  test('a camera by a device plugin needs no privileges', () => {
    const machines = pod(one(render({}, example('groups.yaml')), 'DaemonSet', 'vedette-agent-machines'));
    expect(deviations(machines)).not.toContain('agent: privileged');
    for (const what of ['requests', 'limits'])
      expect(at(machines, 'containers', 'agent', 'resources', what)).toMatchObject({ 'squat.ai/video': '1' });
    expect(at(machines, 'tolerations')).toEqual([
      { key: 'vedette.dev/machine', operator: 'Exists', effect: 'NoSchedule' },
    ]);
  });

  test('probes ask what the programs answer; an update goes node by node and waits for results', () => {
    const manifests = render();
    const daemons = one(manifests, 'DaemonSet', 'vedette-agent-boxes');
    expect(at(daemons, 'spec', 'updateStrategy')).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxUnavailable: 1, maxSurge: 0 },
    });
    expect(at(daemons, 'spec', 'minReadySeconds')).toBe(30);
    const probes = (manifest: Manifest, name: string) =>
      ['startupProbe', 'readinessProbe', 'livenessProbe'].map((kind) => {
        const {
          path: route,
          port,
          scheme,
        } = at(pod(manifest), 'containers', name, kind, 'httpGet') as Record<string, string>;
        return `${scheme ?? 'HTTP'} ${port} ${route}`;
      });
    expect(probes(daemons, 'agent')).toEqual(['HTTP api /healthz', 'HTTP api /readyz', 'HTTP api /livez']);
    expect(at(daemons, 'spec', 'template', 'spec', 'containers', 'agent', 'ports')).toEqual([
      { name: 'api', containerPort: 8090 },
    ]);
    expect(probes(one(manifests, 'StatefulSet', 'vedette-hub'), 'hub')).toEqual([
      'HTTPS https /readyz',
      'HTTPS https /readyz',
      'HTTPS https /healthz',
    ]);
  });

  test('each node has its configuration: its own by name, else that of its group by label; a change of it brings new pods', () => {
    const manifests = render({}, example('groups.yaml'));
    const gates = one(manifests, 'ConfigMap', 'vedette-agent-gates').data as Record<string, string>;
    expect(Object.keys(gates)).toEqual(['group.yaml', 'node.gate-3.yaml']);
    const own = parse(gates['node.gate-3.yaml'] ?? '');
    expect(parse(gates['group.yaml'] ?? '')).toMatchObject({
      device: expect.stringContaining('VEDETTE_DEVICE'),
      runners: { count: 2 },
      streams: { gate: { source: { user: 'vedette' } } },
    });
    expect(own).toMatchObject({
      streams: { gate: { source: 'rtsp://192.0.2.9/stream' } },
      hub: { url: 'mqtts://hub.vedette.example:8883' },
    });
    const selectors = ['gates', 'machines'].map((name) =>
      at(pod(one(manifests, 'DaemonSet', `vedette-agent-${name}`)), 'nodeSelector'),
    );
    expect(selectors).toEqual(
      ['gates', 'machines'].map((label) => ({ 'kubernetes.io/os': 'linux', 'vedette.dev/agent': label })),
    );
    const checksum = (values: object) =>
      at(
        one(render(values), 'DaemonSet', 'vedette-agent-boxes'),
        'spec',
        'template',
        'metadata',
        'annotations',
        'checksum/config',
      );
    const sums = [{}, { config: { log: 'debug' } }, { nodes: { a: { log: 'debug' } } }].map((more) =>
      checksum({ 'agent.groups': [{ name: 'boxes', runners: 1, ...more }] }),
    );
    expect(new Set(sums).size).toBe(3);
  });

  test('memory and processor are asked for by runners and streams', () => {
    const gates = pod(one(render({}, example('groups.yaml')), 'DaemonSet', 'vedette-agent-gates'));
    expect(at(gates, 'containers', 'agent', 'resources')).toEqual({
      requests: { cpu: '290m', memory: '590Mi' },
      limits: { memory: '1280Mi' },
    });
  });

  test('one hub, whose database outlives it, and which nobody evicts unasked', () => {
    const manifests = render();
    const hub = one(manifests, 'StatefulSet', 'vedette-hub');
    expect(hub.spec).toMatchObject({
      replicas: 1,
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    });
    const budget = one(manifests, 'PodDisruptionBudget', 'vedette-hub');
    expect(budget.spec).toEqual({ maxUnavailable: 0, selector: at(hub, 'spec', 'selector') });
    expect(at(one(manifests, 'Service', 'vedette-hub'), 'spec', 'selector')).toEqual(
      at(hub, 'spec', 'selector', 'matchLabels'),
    );
    const args = at(pod(hub), 'containers', 'hub', 'args') as string[];
    expect(args.find((arg) => arg.startsWith('--tls-names='))).toContain('vedette-hub.vedette.svc');
  });

  test('the notes say how to let nodes in, and what is missing', () => {
    const { stdout } = helm('install', 'vedette', chart, '-n', 'vedette', '--dry-run=client');
    expect(stdout).toContain('create secret generic vedette-claim --from-file=claim=/dev/stdin');
    expect(stdout).toContain('network.cameras is empty');
    expect(stdout).not.toContain('alerts reach nobody');
    const silent = helm('install', 'vedette', chart, '--dry-run=client', '--set-json', 'network.receivers.internet=[]');
    expect(silent.stdout).toContain('network.receivers is empty: alerts reach nobody');
  });
});
