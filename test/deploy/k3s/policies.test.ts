import { BlockList, isIP } from 'node:net';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { chart, hasHelm, helm, render, withoutHelm } from '../../support/helm.ts';
import { at, one, pod } from '../../support/manifests.ts';
import { everything, example } from './values.ts';

describe.skipIf(!hasHelm)(`policies${withoutHelm}`, { timeout: 60_000 }, () => {
  test('policies let exactly the needed flows through', () => {
    const flows = (values: object, name: string, ...files: string[]) => {
      const { ingress, egress, policyTypes } = one(render(values, ...files), 'NetworkPolicy', name).spec as Policy;
      expect(policyTypes).toEqual(['Ingress', 'Egress']);
      const told = (rules: readonly Rule[], key: 'from' | 'to') =>
        rules.flatMap((rule) =>
          (rule[key] ?? []).map(
            (peer) =>
              `${whoOf(peer)}: ${(rule.ports ?? []).map(({ port, protocol }) => `${port}/${protocol}`).join(' ')}`,
          ),
        );
      return { in: told(ingress ?? [], 'from'), out: told(egress ?? [], 'to') };
    };
    const dns = 'kube-dns of kube-system: 53/UDP 53/TCP';
    const internet = ['0.0.0.0/0: 443/TCP 465/TCP 587/TCP', '::/0: 443/TCP 465/TCP 587/TCP'];
    expect(flows({}, 'vedette-hub')).toEqual({ in: ['agent: https/TCP mqtts/TCP'], out: [dns, ...internet] });
    expect(flows({ 'network.receivers.internet': [] }, 'vedette-hub').out).toEqual([]);
    expect(flows({}, 'vedette-agent')).toEqual({
      in: [],
      out: [dns, 'hub: https/TCP mqtts/TCP'],
    });
    expect(flows(everything, 'vedette-hub', example('ingress-traefik.yaml'))).toEqual({
      in: [
        'agent: https/TCP mqtts/TCP',
        '192.0.2.0/24: https/TCP mqtts/TCP',
        'kube-system: https/TCP',
        '198.51.100.0/24: https/TCP',
        'monitoring: https/TCP',
      ],
      out: [
        dns,
        '192.0.2.9/32: 8883/TCP',
        ...internet,
        '192.0.2.25/32: 587/TCP',
        'monitoring: 9093/TCP',
        '192.0.2.7/32: 5432/TCP',
        'databases: 5432/TCP',
      ],
    });
    expect(flows({}, 'vedette-agent', example('groups.yaml'))).toEqual({
      in: ['monitoring: api/TCP'],
      out: [dns, '198.51.100.7/32: 8443/TCP 8883/TCP', '192.0.2.0/24: 554/TCP'],
    });
  });

  test('alerts go to the internet, but by that rule to no internal address, such as that of a cloud’s metadata', () => {
    const { egress = [] } = one(render(), 'NetworkPolicy', 'vedette-hub').spec as Policy;
    const blocks = egress.flatMap(({ to = [] }) => to.flatMap((peer) => block.safeParse(peer).data?.ipBlock ?? []));
    const passes = (address: string) => {
      const family = familyOf(address);
      // An IPv6 network holds mapped IPv4 addresses for a BlockList, but not for a policy.
      return blocks.some(({ cidr, except }) => {
        const [inside, outside] = [listOf([cidr]), listOf(except)];
        return familyOf(cidr) === family && inside.check(address, family) && !outside.check(address, family);
      });
    };
    expect(['1.1.1.1', '159.203.148.75', '2606:4700::1111'].filter((address) => !passes(address))).toEqual([]);
    const internal = [
      '10.43.0.1',
      '100.64.0.1',
      '127.0.0.1',
      '169.254.169.254',
      '172.31.0.9',
      '192.168.1.1',
      '198.18.0.1',
    ];
    const internal6 = ['fd00::1', 'fe80::1', '::1', '64:ff9b::a00:1', 'ff02::1'];
    expect([...internal, ...internal6, '224.0.0.1', '255.255.255.255'].filter(passes)).toEqual([]);
  });

  test('the hub’s own rule for receivers lets through whom the policy does', () => {
    const allowed = (values: object) =>
      (at(pod(one(render(values), 'StatefulSet', 'vedette-hub')), 'containers', 'hub', 'args') as string[]).filter(
        (arg) => arg.startsWith('--alert-networks'),
      );
    expect(allowed({})).toEqual([]);
    expect(allowed(everything)).toEqual(['--alert-networks=192.0.2.25/32,10.43.0.0/16']);
    expect(allowed({ 'network.receivers.namespaces': everything['network.receivers.namespaces'] })).toEqual([
      '--alert-networks=10.43.0.0/16',
    ]);
  });

  test.each([
    ['network.receivers.networks', [{ cidr: 'mail.example', ports: [{ port: 587, protocol: 'TCP' }] }], /pattern/],
    ['network.receivers.networks', [{ cidr: '192.0.2.25/32', ports: [] }], /minItems/],
    ['network.receivers.networks', [{ cidr: '192.0.2.25/32' }], /missing property 'ports'/],
    ['network.receivers.namespaces', [{ name: 'Monitoring', ports: [{ port: 9093, protocol: 'TCP' }] }], /pattern/],
    ['network.receivers.internet', [{ port: 70_000, protocol: 'TCP' }], /maximum/],
    ['network.receivers.webhook', [], /additional properties 'webhook' not allowed/],
    ['network.serviceNetwork', 'services', /pattern/],
  ])('%s: %j is refused', (key, value, why) => {
    const { code, stderr } = helm('template', 'vedette', chart, '--set-json', `${key}=${JSON.stringify(value)}`);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(why);
  });
});

const block = z.object({ ipBlock: z.object({ cidr: z.string(), except: z.array(z.string()) }) });

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    list.addSubnet(address, Number(bits), familyOf(address));
  }
  return list;
}

function familyOf(network: string): 'ipv4' | 'ipv6' {
  return isIP(network.split('/')[0] ?? '') === 6 ? 'ipv6' : 'ipv4';
}

interface Rule {
  readonly from?: readonly unknown[];
  readonly to?: readonly unknown[];
  readonly ports?: readonly { readonly port: string | number; readonly protocol: string }[];
}
interface Policy {
  readonly policyTypes: readonly string[];
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
}

function whoOf(peer: unknown): string {
  const block = at(peer, 'ipBlock', 'cidr');
  const namespace = at(peer, 'namespaceSelector', 'matchLabels', 'kubernetes.io/metadata.name');
  const labels = at(peer, 'podSelector', 'matchLabels');
  const who = at(labels, 'app.kubernetes.io/component') ?? at(labels, 'k8s-app');
  return [block, who, namespace].filter((part) => part !== undefined).join(' of ');
}
