/** What the dataset is made of: second opinions whose picture is kept, with the corrections of their events, oldest first. */
import type { Box } from '../../shared/contract/names.ts';
import type { DatasetItem } from '../contract/dataset.ts';
import { correctionOf } from './corrections.ts';
import type { Db } from './database.ts';
import { bodyBytes, type Page, readPage } from './lists.ts';
import { opinionOf } from './opinions.ts';

export interface DatasetFilter {
  readonly device?: string | undefined;
  readonly stream?: string | undefined;
  /** When the hub received the sample, milliseconds since 1970: `since` included, `until` not. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Only what an operator has said something of. */
  readonly corrected?: boolean | undefined;
  readonly after?: number | undefined;
  readonly limit: number;
}

export type DatasetStore = ReturnType<typeof createDatasetStore>;

export function createDatasetStore({ query }: Db) {
  const kept = () =>
    query.selectFrom('opinions').innerJoin('sample_pictures', 'sample_pictures.opinion_id', 'opinions.id');
  const whole = (ids: readonly number[]) =>
    kept()
      // Several events may share a sample: the last word on any of them counts.
      .leftJoin('corrections', (join) =>
        join.on('corrections.event_id', '=', ({ selectFrom }) =>
          selectFrom('events')
            .innerJoin('corrections as later', 'later.event_id', 'events.id')
            .select('later.event_id')
            .whereRef('events.device', '=', 'opinions.device')
            .whereRef('events.sample', '=', 'opinions.sample')
            .orderBy('later.at', 'desc')
            .orderBy('later.event_id', 'desc')
            .limit(1),
        ),
      )
      .selectAll('opinions')
      .select(['sample_pictures.width', 'sample_pictures.height', 'sample_pictures.region', 'sample_pictures.hash'])
      .select(['corrections.verdict', 'corrections.label', 'corrections.actor', 'corrections.at as corrected_at'])
      .where('opinions.id', 'in', ids)
      .orderBy('opinions.id')
      .execute();
  type Row = Awaited<ReturnType<typeof whole>>[number];

  return {
    async list(filter: DatasetFilter): Promise<Page<DatasetItem>> {
      let select = kept()
        .select(['opinions.id', bodyBytes])
        .orderBy('opinions.id')
        .limit(filter.limit + 1);
      if (filter.device !== undefined) select = select.where('opinions.device', '=', filter.device);
      if (filter.stream !== undefined) select = select.where('opinions.stream', '=', filter.stream);
      if (filter.since !== undefined) select = select.where('received_at', '>=', filter.since);
      if (filter.until !== undefined) select = select.where('received_at', '<', filter.until);
      if (filter.after !== undefined) select = select.where('opinions.id', '>', filter.after);
      if (filter.corrected === true) {
        select = select.where(({ exists, selectFrom }) =>
          exists(
            selectFrom('events')
              .innerJoin('corrections', 'corrections.event_id', 'events.id')
              .select('events.id')
              .whereRef('events.device', '=', 'opinions.device')
              .whereRef('events.sample', '=', 'opinions.sample'),
          ),
        );
      }
      return readPage(await select.execute(), filter.limit, whole, itemOf);
    },
  };

  function itemOf({ width, height, region, hash, verdict, label, corrected_at: at, actor, ...row }: Row): DatasetItem {
    return {
      ...opinionOf(row),
      // Our own code wrote it.
      picture: { width, height, region: JSON.parse(region) as Box, hash },
      ...(verdict ? { correction: correctionOf({ verdict, label, at: at ?? 0, actor: actor ?? '' }) } : {}),
    };
  }
}
