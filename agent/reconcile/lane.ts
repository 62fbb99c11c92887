/** Which steps may run beside each other: those of different lanes. */
import type { Step } from './plan.ts';

/**
 * `state`: changes of what is remembered, done at once. `fleet`: whatever changes what runners do. `bench`: what measures, and
 * would be disturbed by another. Downloads have a lane each: one that waits holds nobody up. Packages are removed in the lane
 * of those who take them into service: one that is about to serve is in no slot yet.
 */
export function laneOf(step: Step): string {
  switch (step.kind) {
    case 'fetch':
      return `fetch ${step.model}`;
    case 'prove':
    case 'shadow':
      return 'bench';
    case 'take-streams':
    case 'drop-streams':
    case 'swap':
    case 'restore':
    case 'go-home':
    case 'roll-back':
    case 'collect':
      return 'fleet';
    case 'forget-failures':
    case 'refuse':
    case 'drop-candidate':
    case 'begin':
    case 'confirm':
      return 'state';
  }
}
