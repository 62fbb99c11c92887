/** As `../../migrations/0020-agreements.ts`. */
export const AGREEMENTS = `
CREATE TABLE opinion_agreements (
  device text COLLATE "C" NOT NULL,
  stream text COLLATE "C" NOT NULL,
  edge_model text COLLATE "C" NOT NULL,
  hub_model text COLLATE "C" NOT NULL,
  frames bigint NOT NULL,
  same bigint NOT NULL,
  last_at bigint NOT NULL,
  PRIMARY KEY (device, stream, edge_model, hub_model)
);
CREATE INDEX opinion_agreements_model ON opinion_agreements (edge_model);
`;
