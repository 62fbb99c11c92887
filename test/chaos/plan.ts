/** What is done to whom, and when. Pure: the same options give the same plan. */
import { seeded } from '../support/random.ts';

/** Whom SIGKILL hits. With the embedded broker, `broker` is the hub: both are one process. */
const always = ['runner', 'supervisor', 'hub', 'broker'] as const;
/** `standby`: a hub that waits; `database`: PostgreSQL. */
export type Victim = (typeof always)[number] | 'standby' | 'database';

/**
 * What happens to the packets of a connection: `partition` nothing passes any more and nobody is told; `delay` each chunk
 * comes late; `loss` some chunks come as late as a retransmission makes them; `reset` everything under way is thrown away.
 */
export const netFaults = ['partition', 'delay', 'loss', 'reset'] as const;
export type NetFault = (typeof netFaults)[number];

export type Fault =
  /** `downMs`: how long it stays dead. */
  | { readonly kind: 'kill'; readonly victim: Victim; readonly agent: number; readonly downMs: number }
  /** `line`: the agent whose connection it is; one more than there are agents is the hub's own, to an external broker; then those of the hubs to PostgreSQL. */
  | { readonly kind: 'net'; readonly fault: NetFault; readonly line: number; readonly ms: number }
  | { readonly kind: 'disk'; readonly ms: number }
  /** The agent's wall clock is so many milliseconds off from now on. */
  | { readonly kind: 'clock'; readonly agent: number; readonly offMs: number }
  /** A page of the outbox's file is damaged while the agent is dead; `at`: where in the file, 0 to 1. */
  | { readonly kind: 'corrupt'; readonly agent: number; readonly at: number };

export interface Step {
  /** Milliseconds from the beginning. */
  readonly atMs: number;
  readonly fault: Fault;
}

export interface PlanOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly agents: number;
  readonly broker: 'embedded' | 'mosquitto';
  /** Default: one. */
  readonly hubs?: number;
  /** Default: SQLite. */
  readonly database?: 'sqlite' | 'postgres';
}

/** Mean pause between two faults. */
const PAUSE_MS = 2400;
const YEAR_MS = 365 * 86_400_000;
const HOUR_MS = 3_600_000;
/** Back to 1970, a year either way, the hour of daylight saving, and right again. */
const CLOCK_OFFSETS = [Number.NEGATIVE_INFINITY, YEAR_MS, -YEAR_MS, HOUR_MS, -HOUR_MS, 0] as const;

type Make = (random: () => number, options: PlanOptions) => Fault;

const below = (random: () => number, limit: number) => Math.floor(random() * limit);

const kill =
  (victim: Victim): Make =>
  (random, { agents }) => ({ kind: 'kill', victim, agent: below(random, agents), downMs: below(random, 1200) });

const net =
  (fault: NetFault): Make =>
  (random, { agents, broker, hubs = 1, database }) => ({
    kind: 'net',
    fault,
    line: below(random, agents + (broker === 'mosquitto' ? 1 : 0) + (database === 'postgres' ? hubs : 0)),
    ms: 500 + below(random, 6000),
  });

type Weighed = { readonly weight: number; readonly make: Make };

const ordinary: readonly Weighed[] = [
  ...always.map((victim) => ({ weight: victim === 'broker' ? 16 : 20, make: kill(victim) })),
  ...netFaults.map((fault) => ({ weight: 4, make: net(fault) })),
  { weight: 2, make: (random) => ({ kind: 'disk', ms: 2000 + below(random, 4000) }) },
  {
    weight: 4,
    make: (random, { agents }) => {
      const agent = below(random, agents);
      return { kind: 'clock', agent, offMs: CLOCK_OFFSETS[below(random, CLOCK_OFFSETS.length)] ?? 0 };
    },
  },
  { weight: 2, make: (random, { agents }) => ({ kind: 'corrupt', agent: below(random, agents), at: random() }) },
];

function makersOf({ hubs = 1, database }: PlanOptions): readonly Weighed[] {
  return [
    ...ordinary,
    ...(database === 'postgres' ? [{ weight: 12, make: kill('database') }] : []),
    ...(hubs > 1 ? [{ weight: 8, make: kill('standby') }] : []),
  ];
}

/** Every kind of fault once at first, in a random order; then by weight. */
export function planOf(options: PlanOptions): Step[] {
  const random = seeded(options.seed);
  const makers = makersOf(options);
  const end = options.minutes * 60_000;
  const first = makers.map(({ make }) => ({ make, order: random() })).toSorted((a, b) => a.order - b.order);
  const total = makers.reduce((sum, { weight }) => sum + weight, 0);
  const steps: Step[] = [];
  for (let atMs = 0; ; ) {
    atMs += Math.round(PAUSE_MS * (0.3 + 1.4 * random()));
    if (atMs >= end) return steps;
    let left = random() * total;
    const weighed = makers.find(({ weight }) => {
      left -= weight;
      return left < 0;
    });
    const make = (first[steps.length] ?? weighed ?? makers[0])?.make;
    if (make) steps.push({ atMs, fault: make(random, options) });
  }
}

/** One line for a person. */
export function describe(fault: Fault): string {
  switch (fault.kind) {
    case 'kill': {
      const whose = fault.victim === 'runner' || fault.victim === 'supervisor' ? ` of agent ${fault.agent}` : '';
      return `kill ${fault.victim}${whose}, down ${fault.downMs} ms`;
    }
    case 'net':
      return `${fault.fault} on line ${fault.line} for ${fault.ms} ms`;
    case 'disk':
      return `disk of agent 0 full for ${fault.ms} ms`;
    case 'clock':
      return `clock of agent ${fault.agent} ${Number.isFinite(fault.offMs) ? `off by ${fault.offMs / HOUR_MS} h` : 'in 1970'}`;
    case 'corrupt':
      return `corrupted page in the outbox of agent ${fault.agent}`;
  }
}
