/**
 * The assignment problem by shortest augmenting paths (Jonker and Volgenant, "A shortest augmenting path algorithm for dense
 * and sparse linear assignment problems", Computing 38, 1987), O(n³).
 */

/**
 * Chooses pairs of rows and columns with the least sum of costs, each row and column at most once.
 * @param costs `rows` x `columns`, row by row, all finite
 * @returns for each row its column; -1 where there are more rows than columns and it went without
 */
export function assign(costs: Float64Array, rows: number, columns: number): Int32Array {
  if (rows > columns) {
    const byColumn = assign(transpose(costs, rows, columns), columns, rows);
    const byRow = new Int32Array(rows).fill(-1);
    for (const [column, row] of byColumn.entries()) byRow[row] = column;
    return byRow;
  }
  const rowPrice = new Float64Array(rows);
  const columnPrice = new Float64Array(columns);
  const rowOf = new Int32Array(columns).fill(-1);
  for (let row = 0; row < rows; row++) augment(costs, row, columns, rowPrice, columnPrice, rowOf);
  const result = new Int32Array(rows).fill(-1);
  for (const [column, row] of rowOf.entries()) if (row >= 0) result[row] = column;
  return result;
}

/** Gives one more row a column along the cheapest path of reassignments (Dijkstra over reduced costs). */
function augment(
  costs: Float64Array,
  start: number,
  columns: number,
  rowPrice: Float64Array,
  columnPrice: Float64Array,
  rowOf: Int32Array,
): void {
  const distance = new Float64Array(columns).fill(Number.POSITIVE_INFINITY);
  const cameFrom = new Int32Array(columns).fill(-1);
  const ready: number[] = [];
  const closed = new Uint8Array(columns);
  let row = start;
  let reached = 0;
  let last = -1;
  for (;;) {
    let nearest = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let column = 0; column < columns; column++) {
      if (closed[column] === 1) continue;
      const reduced = at(costs, row * columns + column) - at(rowPrice, row) - at(columnPrice, column);
      if (reached + reduced < at(distance, column)) {
        distance[column] = reached + reduced;
        cameFrom[column] = last;
      }
      if (at(distance, column) < least) {
        least = at(distance, column);
        nearest = column;
      }
    }
    closed[nearest] = 1;
    reached = least;
    last = nearest;
    const owner = rowOf[nearest] ?? -1;
    if (owner < 0) break;
    ready.push(nearest);
    row = owner;
  }
  rowPrice[start] = at(rowPrice, start) + reached;
  for (const column of ready) {
    const slack = reached - at(distance, column);
    columnPrice[column] = at(columnPrice, column) - slack;
    const owner = rowOf[column] ?? 0;
    rowPrice[owner] = at(rowPrice, owner) + slack;
  }
  for (let column = last; column >= 0; ) {
    const before = cameFrom[column] ?? -1;
    rowOf[column] = before < 0 ? start : (rowOf[before] ?? start);
    column = before;
  }
}

function transpose(costs: Float64Array, rows: number, columns: number): Float64Array {
  return Float64Array.from(costs, (_, index) => at(costs, (index % rows) * columns + Math.floor(index / rows)));
}

function at(values: Float64Array, index: number): number {
  return values[index] ?? 0;
}
