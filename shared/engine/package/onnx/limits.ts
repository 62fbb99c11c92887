/** How large and how deep an ONNX file may be. Real models stay far below; a file beyond them is made to harm. */
export const limits = {
  /** Messages in messages; a graph inside of a node takes three levels. */
  depth: 64,
  /** Messages in the whole file: each becomes an object in memory. */
  messages: 2_000_000,
  /** Numbers in lists in the whole file, apart from raw data: each becomes a value in memory; a whole number counts four times. */
  numbers: 16_000_000,
  /** Bytes of one text: a name, a description. */
  textBytes: 1_048_576,
  /** Nodes, with those of inner graphs. */
  nodes: 100_000,
  /** Graphs in graphs. */
  graphDepth: 8,
  /** Inputs or outputs of the model, or of one node. */
  ports: 4096,
  attributes: 256,
  rank: 16,
  /** Elements of one tensor, stated or made: 1 GiB of floats. */
  elements: 2 ** 28,
  /** Repetitions of a loop whose number is written in the file. */
  trips: 1_000_000,
  /** Any size in a kernel, stride, dilation or padding. */
  window: 65_536,
} as const;
