/** Versions of models, and the aliases that point to them. A version never changes but for its labels and metrics. */
import type { ModelManifest } from '../../shared/contract/model-manifest.ts';
import type { Alias, Model } from '../contract/model.ts';
import type { Act } from './audit.ts';
import type { Db } from './database.ts';
import { isoTime } from './rows.ts';
import { statementsOf } from './statement.ts';
import type { ModelTable } from './tables.ts';

/** The store does not know whether a version is signed. */
export type StoredModel = Omit<Model, 'signed'>;

export interface NewModel {
  readonly manifest: ModelManifest;
  readonly digest: string;
  readonly bytes: number;
}

export type ModelStore = ReturnType<typeof createModelStore>;

export function createModelStore(db: Db) {
  const { query } = db;
  const prepare = statementsOf(db);
  const byVersion = prepare('SELECT * FROM models WHERE name = ? AND version = ?');
  const byDigest = prepare('SELECT * FROM models WHERE digest = ?');
  const insert = prepare(
    `INSERT INTO models (name, version, digest, bytes, manifest, labels, metrics, created_at, created_by)
     VALUES (?, ?, ?, ?, ?, '{}', '{}', ?, ?)`,
  );
  const remove = prepare('DELETE FROM models WHERE name = ? AND version = ?');
  const aliasesOf = prepare('SELECT alias FROM model_aliases WHERE name = ? AND version = ? ORDER BY alias');
  const setAlias = prepare(
    `INSERT INTO model_aliases (name, alias, version, changed_at, changed_by) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (name, alias) DO UPDATE SET version = excluded.version, changed_at = excluded.changed_at,
       changed_by = excluded.changed_by`,
  );
  const removeAlias = prepare('DELETE FROM model_aliases WHERE name = ? AND alias = ?');
  const aliased = prepare('SELECT version FROM model_aliases WHERE name = ? AND alias = ?');
  const update = {
    labels: prepare('UPDATE models SET labels = ? WHERE name = ? AND version = ?'),
    metrics: prepare('UPDATE models SET metrics = ? WHERE name = ? AND version = ?'),
  };

  const toModel = async (row: ModelTable & { id: unknown }): Promise<StoredModel> => {
    // Only manifests, labels and metrics that passed their schemas are ever written.
    const { task, license, variants } = JSON.parse(row.manifest) as ModelManifest;
    return {
      id: String(row.id),
      name: row.name,
      version: row.version,
      digest: row.digest,
      bytes: row.bytes,
      task,
      license,
      variants,
      labels: JSON.parse(row.labels) as Record<string, string>,
      metrics: JSON.parse(row.metrics) as Record<string, number>,
      aliases: ((await aliasesOf.all(row.name, row.version)) as { alias: string }[]).map((a) => a.alias),
      createdAt: isoTime(row.created_at),
      createdBy: row.created_by,
    };
  };
  const found = async (row: unknown) =>
    row === undefined ? undefined : await toModel(row as ModelTable & { id: unknown });

  return {
    get: async (name: string, version: string): Promise<StoredModel | undefined> =>
      found(await byVersion.get(name, version)),

    byDigest: async (digest: string): Promise<StoredModel | undefined> => found(await byDigest.get(digest)),

    /** Newest first. */
    async list(filter: { name?: string | undefined; before?: number | undefined; limit: number }) {
      let select = query.selectFrom('models').selectAll().orderBy('id', 'desc').limit(filter.limit);
      if (filter.name !== undefined) select = select.where('name', '=', filter.name);
      if (filter.before !== undefined) select = select.where('id', '<', filter.before);
      const models: StoredModel[] = [];
      for (const row of await select.execute())
        models.push(await toModel(row as unknown as ModelTable & { id: unknown }));
      return models;
    },

    async digests(): Promise<Set<string>> {
      return new Set((await query.selectFrom('models').select('digest').execute()).map((row) => row.digest));
    },

    /** Part of a transaction; the caller has looked for the name, version and digest. */
    async add({ manifest, digest, bytes }: NewModel, { at, actor }: Act): Promise<void> {
      const { name, version } = manifest;
      await insert.run(name, version, digest, bytes, JSON.stringify(manifest), at, actor);
    },

    /** False when there is no such version. */
    async describe(
      name: string,
      version: string,
      what: 'labels' | 'metrics',
      value: Record<string, unknown>,
    ): Promise<boolean> {
      return (await update[what].run(JSON.stringify(value), name, version)).changes === 1;
    },

    /** Part of a transaction; the caller has seen that nothing uses it. */
    remove: async (name: string, version: string): Promise<boolean> => (await remove.run(name, version)).changes === 1,

    /** The version that an alias points to. */
    async resolve(name: string, alias: string): Promise<StoredModel | undefined> {
      const row = (await aliased.get(name, alias)) as { version: string } | undefined;
      return row && (await found(await byVersion.get(name, row.version)));
    },

    async aliases(name: string): Promise<Alias[]> {
      const rows = await query
        .selectFrom('model_aliases')
        .selectAll()
        .where('name', '=', name)
        .orderBy('alias')
        .execute();
      return rows.map((row) => ({
        name: row.name,
        alias: row.alias,
        version: row.version,
        changedAt: isoTime(row.changed_at),
        changedBy: row.changed_by,
      }));
    },

    /** Part of a transaction; the version exists. */
    async setAlias(name: string, alias: string, version: string, { at, actor }: Act): Promise<void> {
      await setAlias.run(name, alias, version, at, actor);
    },

    removeAlias: async (name: string, alias: string): Promise<boolean> =>
      (await removeAlias.run(name, alias)).changes === 1,
  };
}
