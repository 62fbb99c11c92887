import { describe, expect, test } from 'vitest';
import { hasHelm, render, withoutHelm } from '../../support/helm.ts';
import { at, one } from '../../support/manifests.ts';
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
    expect(flows({}, 'vedette-hub')).toEqual({ in: ['agent: https/TCP mqtts/TCP'], out: [] });
    expect(flows({}, 'vedette-agent')).toEqual({
      in: [],
      out: ['kube-dns of kube-system: 53/UDP 53/TCP', 'hub: https/TCP mqtts/TCP'],
    });
    expect(flows(everything, 'vedette-hub', example('ingress-traefik.yaml'))).toEqual({
      in: [
        'agent: https/TCP mqtts/TCP',
        '192.0.2.0/24: https/TCP mqtts/TCP',
        'kube-system: https/TCP',
        '198.51.100.0/24: https/TCP',
        'monitoring: https/TCP',
      ],
      out: ['kube-dns of kube-system: 53/UDP 53/TCP', '192.0.2.9/32: 8883/TCP'],
    });
    expect(flows({}, 'vedette-agent', example('groups.yaml'))).toEqual({
      in: ['monitoring: api/TCP'],
      out: ['kube-dns of kube-system: 53/UDP 53/TCP', '198.51.100.7/32: 8443/TCP 8883/TCP', '192.0.2.0/24: 554/TCP'],
    });
  });
});

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
