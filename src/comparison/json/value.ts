/**
 * Which rule, if any, takes two numbers or strings that differ for the same: a tolerance, a form of which any value
 * will do, case or white space, or the precision that a tensor declares.
 */
import { stringOf, type JsonDocument } from './document.ts';
import { sameNumber, withinTolerance } from './number.ts';
import { lexemeOf } from './text.ts';
import {
  isRuleless,
  ruleHere,
  toleranceHere,
  type Normalization,
  type PlaceRule,
  type RulesHere,
} from '../path-rules.ts';
import { formOfText, isEpoch, plainText } from '../value-form.ts';

/** The name of the rule for two numbers that differ; `float32` says that their type is single precision. */
export function ruleForNumbers(
  live: JsonDocument,
  liveNode: number,
  shadow: JsonDocument,
  shadowNode: number,
  here: RulesHere,
  float32: boolean,
): string | undefined {
  if (!float32 && isRuleless(here)) return undefined;
  let one = lexemeOf(live, liveNode);
  let other = lexemeOf(shadow, shadowNode);
  if (float32) {
    one = String(Math.fround(Number(one)));
    other = String(Math.fround(Number(other)));
    if (sameNumber(one, other)) return 'FP32';
  }
  const rule = toleranceHere(here);
  if (rule !== undefined && withinTolerance(one, other, rule.tolerance)) return rule.name;
  const timestamp = ruleHere(here, 'timestamp');
  return isEpoch(Number(one)) && isEpoch(Number(other)) ? timestamp?.name : undefined;
}

/** The name of the rule for two strings that differ; of two that it takes, both. */
export function ruleForStrings(
  live: JsonDocument,
  liveNode: number,
  shadow: JsonDocument,
  shadowNode: number,
  here: RulesHere,
): string | undefined {
  if (here.held.length === 0) return undefined;
  const has = (kind: PlaceRule['kind']) => ruleHere(here, kind) !== undefined;
  const nameOf = (kind: Normalization) => ruleHere(here, kind)!.name;
  const one = stringOf(live, liveNode);
  const other = stringOf(shadow, shadowNode);
  const form = formOfText(one, has);
  if (form !== undefined && form === formOfText(other, has)) return nameOf(form);
  for (const kinds of textNormalizations) {
    if (!kinds.every(has)) continue;
    const asked = (kind: Normalization) => kinds.includes(kind);
    if (plainText(one, asked) === plainText(other, asked)) return kinds.map(nameOf).join(', ');
  }
  return undefined;
}

/** The fewest that will do come first. */
const textNormalizations: readonly (readonly Normalization[])[] = [
  ['lowercase'],
  ['trim'],
  ['lowercase', 'trim'],
];
