/** Child of crash.test.ts: appends numbered records for ever and says on stdout which of them are committed. */
import { writeSync } from 'node:fs';
import { systemClock } from '../../../shared/kit/clock.ts';
import { body, open } from './fixture.ts';

const [folder = '', first = '0'] = process.argv.slice(2);
const outbox = open(folder, { clock: systemClock });
for (let mark = Number(first); ; mark += 10) {
  const bodies = Array.from({ length: 10 }, (_, i) => body(mark + i));
  if ((await outbox.append(bodies)) !== 'committed') break;
  writeSync(1, `${mark + 9}\n`);
}
