/** As `../../migrations/0021-holds.ts`. */
export const HOLDS = `
CREATE TABLE holds (
  event_id bigint PRIMARY KEY REFERENCES events,
  reason text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  actor text COLLATE "C" NOT NULL
);
`;
