import type { Detection } from '../../../../shared/contract/messages/preview.ts';

export interface Seen extends Detection {
  /** Who it truly is. */
  readonly person: number;
}

/**
 * People who wander, as a detector would see them every 100 ms: boxes tremble, scores fall while somebody nearer hides a
 * person, and below 0.1 there is no detection. The same seed gives the same scene.
 */
export function scene(seed: number, people: number, frames: number): Seen[][] {
  let state = seed * 7919;
  const random = () => {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
  const noise = () => random() + random() + random() + random() - 2;
  const all = Array.from({ length: people }, () => ({
    x: random(),
    y: 0.3 + random() * 0.5,
    vx: (random() - 0.5) * 0.02,
    vy: (random() - 0.5) * 0.006,
    height: 0.12 + random() * 0.08,
  }));
  const within = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));
  return Array.from({ length: frames }, () => {
    for (const p of all) {
      p.x += p.vx;
      p.y += p.vy;
      p.vx += noise() * 0.0006;
      p.vy += noise() * 0.0003;
      if (p.x < 0.05 || p.x > 0.95) p.vx = -p.vx;
      if (p.y < 0.25 || p.y > 0.95) p.vy = -p.vy;
      p.x = within(p.x, 0.05, 0.95);
      p.y = within(p.y, 0.25, 0.95);
    }
    return all.flatMap((p, person): Seen[] => {
      const width = p.height * 0.4;
      const hidden = all.map((q) => {
        if (q === p || q.y <= p.y) return 0;
        const [left, right] = [
          Math.max(p.x - width / 2, q.x - q.height * 0.2),
          Math.min(p.x + width / 2, q.x + q.height * 0.2),
        ];
        const [top, bottom] = [Math.max(p.y - p.height, q.y - q.height), Math.min(p.y, q.y)];
        return (Math.max(0, right - left) / width) * (Math.max(0, bottom - top) / p.height);
      });
      const score = within(0.85 - 0.9 * Math.max(...hidden) + noise() * 0.12, 0, 1);
      const box: Seen['box'] = [
        p.x - width / 2 + noise() * 0.002,
        p.y - p.height + noise() * 0.002,
        width * (1 + noise() * 0.04),
        p.height * (1 + noise() * 0.03),
      ];
      return score < 0.1 ? [] : [{ label: 'person', score, box, person }];
    });
  });
}
