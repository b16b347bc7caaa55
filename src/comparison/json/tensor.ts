/**
 * Answers of the Open Inference Protocol (version 2): `outputs` is a list of tensors, each of which says the type of
 * its `data` in `datatype`. Numbers of single precision are written with as many digits as the server likes, so they
 * are what they are as single precision (`0.1` and `0.10000000149011612` are one number).
 */
import { jsonObject, stringOf, typeOf, type JsonDocument } from './document.ts';
import { memberNamed } from './members.ts';
import { segmentOf, type Frame, type Walk } from './walk.ts';

/** What the array or object that is about to be entered says of the numbers in it. */
export function float32Of(
  { live, shadow, frames }: Walk,
  liveNode: number,
  shadowNode: number,
): Frame['float32'] {
  const parent = frames.at(-1);
  if (parent === undefined) return undefined;
  if (parent.float32 === 'data') return 'data';
  if (parent.float32 === 'tensor') return segmentOf(parent) === 'data' ? 'data' : undefined;
  if (frames.length !== 2 || parent.kind === 'object' || frames[0]!.kind !== 'object') {
    return undefined;
  }
  if (segmentOf(frames[0]!) !== 'outputs') return undefined;
  return isFloat32(live, liveNode) && isFloat32(shadow, shadowNode) ? 'tensor' : undefined;
}

function isFloat32(document: JsonDocument, item: number): boolean {
  if (document.nodes[item] !== jsonObject) return false;
  const datatype = memberNamed(document, item, 'datatype');
  return (
    datatype !== undefined &&
    typeOf(document, datatype) === 'string' &&
    stringOf(document, datatype) === 'FP32'
  );
}
