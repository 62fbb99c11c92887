/** Pod Security "restricted". */
import { at } from './manifests.ts';

/** Where a pod deviates from it, by the list of https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted. */
export function deviations(spec: unknown): string[] {
  const volumes = at(spec, 'volumes') as { name: string }[];
  const allowed = [
    'configMap',
    'csi',
    'downwardAPI',
    'emptyDir',
    'ephemeral',
    'persistentVolumeClaim',
    'projected',
    'secret',
  ];
  const whole = at(spec, 'securityContext');
  const containers = [
    ...((at(spec, 'initContainers') ?? []) as { name: string }[]),
    ...(at(spec, 'containers') as { name: string }[]),
  ];
  return [
    ...['hostNetwork', 'hostPID', 'hostIPC'].filter((key) => at(spec, key)),
    ...volumes.flatMap((volume) =>
      Object.keys(volume)
        .filter((key) => key !== 'name' && !allowed.includes(key))
        .map((key) => `volume ${volume.name}: ${key}`),
    ),
    ...containers.flatMap((container) => {
      const own = at(container, 'securityContext');
      const effective = (key: string) => at(own, key) ?? at(whole, key);
      const capabilities = at(own, 'capabilities') as { drop?: string[]; add?: string[] } | undefined;
      const added = (capabilities?.add ?? []).filter((name) => name !== 'NET_BIND_SERVICE');
      const faults: [unknown, string][] = [
        [at(own, 'privileged'), 'privileged'],
        [at(own, 'allowPrivilegeEscalation') !== false, 'may gain privileges'],
        [effective('runAsNonRoot') !== true || effective('runAsUser') === 0, 'runs as root'],
        [!capabilities?.drop?.includes('ALL') || added.length > 0, 'keeps capabilities'],
        [at(effective('seccompProfile'), 'type') !== 'RuntimeDefault', 'has no seccomp profile'],
      ];
      return faults.filter(([fault]) => fault).map(([, what]) => `${container.name}: ${what}`);
    }),
  ];
}
