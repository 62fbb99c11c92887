/** A PostgreSQL for the tests of one file, and connections that end with their test. */
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { databaseAddress } from '../../../../cloud-hub/store/postgres/address.ts';
import { connectPostgres, type PostgresConnection } from '../../../../cloud-hub/store/postgres/connection.ts';
import { type Postgres, preparePostgres } from '../../../support/postgres.ts';

/** Before the tests of a file; `it` may be asked for while they run. */
export function postgresOfFile(): { it(): Postgres } {
  let postgres: Postgres | undefined;
  beforeAll(async () => {
    postgres = await preparePostgres();
    await postgres.start();
  });
  afterAll(() => postgres?.remove());
  return {
    it() {
      if (!postgres) throw new Error('only while tests run');
      return postgres;
    },
  };
}

export function connectTo(url: string, onError: (error: Error) => void = () => undefined): PostgresConnection {
  const connection = connectPostgres(databaseAddress(url), onError);
  onTestFinished(() => connection.close());
  return connection;
}
