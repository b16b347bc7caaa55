/**
 * Batches: a list with one value for each instance, or an object of such lists, one for each output of the model.
 */
import { itemsOf, typeOf, type JsonDocument } from '../json/document.ts';
import { isSecretName } from '../redaction.ts';
import type { Extraction, PredictionSource } from './extracted.ts';
import { entriesOf, readInstance, readRecord } from './instance.ts';

/** A value that is neither a list nor an object of lists is one instance. */
export function* readRows(source: PredictionSource, node: number): Extraction {
  const { document } = source;
  if (typeOf(document, node) === 'array') {
    for (const item of itemsOf(document, node)) yield readInstance(source, item);
    return;
  }
  const columns = typeOf(document, node) === 'object' ? columnsOf(document, node) : undefined;
  if (columns === undefined) yield readInstance(source, node);
  else yield* readColumns(source, columns);
}

interface Column {
  readonly name: string;
  readonly items: Iterator<number>;
}

/** Undefined unless every member is a list. What stands under the name of a secret is left out. */
function columnsOf(document: JsonDocument, object: number): Column[] | undefined {
  const columns: Column[] = [];
  let members = 0;
  for (const [name, node] of entriesOf(document, object)) {
    if (typeOf(document, node) !== 'array') return undefined;
    members++;
    if (isSecretName(name)) continue;
    columns.push({ name, items: itemsOf(document, node)[Symbol.iterator]() });
  }
  return members === 0 ? undefined : columns;
}

function* readColumns(source: PredictionSource, columns: readonly Column[]): Extraction {
  let open = columns;
  while (open.length > 0) {
    const entries: [string, number][] = [];
    const next: Column[] = [];
    for (const column of open) {
      const { done, value } = column.items.next();
      if (done === true) continue;
      entries.push([column.name, value]);
      next.push(column);
    }
    if (entries.length > 0) yield readRecord(source, entries);
    open = next;
  }
}
