/**
 * Answers of an MLflow scoring server (`POST /invocations`): `predictions` with a value or record for each row, or,
 * as some flavors answer, the same without a wrapper. A chat is answered as OpenAI's interface does.
 */
import type { Extraction, PredictionSource } from './extracted.ts';
import { firstMember } from './first-member.ts';
import { readChat } from './openai-chat.ts';
import { readRows } from './rows.ts';

export function readMlflow(source: PredictionSource): Extraction {
  if (firstMember(source, ['choices']) !== undefined) return readChat(source);
  return readRows(source, firstMember(source, ['predictions']) ?? 0);
}
