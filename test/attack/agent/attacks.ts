/** Every attack on an agent: what a hub, a camera, a broker or a neighbour may do to a box. */
import type { AgentAttack } from './attack.ts';
import { cameras } from './kinds/cameras.ts';
import { clockJumps } from './kinds/clock.ts';
import { documents } from './kinds/documents.ts';
import { downloads } from './kinds/downloads.ts';
import { localApi } from './kinds/local-api.ts';
import { sensors } from './kinds/sensors.ts';

export const agentAttacks: readonly AgentAttack[] = [downloads, documents, cameras, sensors, clockJumps, localApi];
