/** Every attack, by the order in which it is made. */
import type { Attack } from './attack.ts';
import { alertStorm } from './kinds/alerts.ts';
import { guesses, oddRequests } from './kinds/http.ts';
import { previewFlood } from './kinds/previews.ts';
import { bombs, losses, origins, wideRecords } from './kinds/records.ts';
import { wideReport } from './kinds/report.ts';
import { mutatedPackets } from './kinds/wire.ts';

export const attacks: readonly Attack[] = [
  mutatedPackets,
  oddRequests,
  guesses,
  origins,
  losses,
  bombs,
  wideReport,
  previewFlood,
  wideRecords,
  alertStorm,
];
