/**
 * The parts of Envoy's messages that are read on demand: a HeaderMap as a `HeaderList`, and the attributes that
 * Envoy evaluated for the filter. Each returns undefined for bytes that are no such message. Both take the whole
 * message a second time as `text`, one character per byte, of which names and values are slices: one call into
 * native code a message instead of one a field.
 */
import { HeaderList } from '../base/header-list.ts';
import type { Attributes } from './live-event.ts';
import { Fields, wireType } from './wire-fields.ts';

/** Key of ProcessingRequest.attributes under which Envoy puts them: the filter's canonical name. */
const attributesKey = 'envoy.filters.http.ext_proc';

const noAttributes: Attributes = new Map();

// One reader a nesting level, reused: everything here is synchronous and nothing calls back.
const outer = new Fields();
const inner = new Fields();
const struct = new Fields();
const leaf = new Fields();

/** envoy.config.core.v3.HeaderMap: 1 headers, each HeaderValue: 1 key, 2 value, 3 raw_value. */
export function readHeaderMap(
  bytes: Buffer,
  text: string,
  start: number,
  end: number,
): HeaderList | undefined {
  const flat: string[] = [];
  outer.open(bytes, start, end);
  while (outer.next()) {
    if (outer.number !== 1 || outer.type !== wireType.bytes) continue;
    let name = '';
    let value = '';
    let rawValue = '';
    inner.open(bytes, outer.start, outer.end);
    while (inner.next()) {
      if (inner.type !== wireType.bytes) continue;
      const content = text.slice(inner.start, inner.end);
      if (inner.number === 1) {
        name = hasUpperCase(bytes, inner.start, inner.end) ? lowerCase(content) : content;
      } else if (inner.number === 2) {
        value = content;
      } else if (inner.number === 3) {
        rawValue = content;
      }
    }
    if (inner.malformed) return undefined;
    // Envoy fills raw_value alone since 1.32; older ones may send value (envoyproxy/envoy#35388).
    flat.push(name, rawValue === '' ? value : rawValue);
  }
  return outer.malformed ? undefined : new HeaderList(flat);
}

/**
 * ProcessingRequest: 9 attributes, map<string, google.protobuf.Struct>. Numbers, booleans and strings as text;
 * nulls, lists and structs are left out.
 */
export function readAttributes(bytes: Buffer, text: string): Attributes | undefined {
  let found: Map<string, string> | undefined;
  outer.open(bytes, 0, bytes.length);
  while (outer.next()) {
    if (outer.number !== 9 || outer.type !== wireType.bytes) continue;
    if (!readEntry(bytes, outer.start, outer.end)) return undefined;
    if (text.slice(entry.keyStart, entry.keyEnd) !== attributesKey) continue;
    found = new Map();
    if (!readStruct(bytes, text, found)) return undefined;
  }
  if (outer.malformed) return undefined;
  return found ?? noAttributes;
}

/** The ranges of the map entry that was read last. */
const entry = { keyStart: 0, keyEnd: 0, valueStart: 0, valueEnd: 0 };

/** An entry of any map<string, message>: 1 key, 2 value. */
function readEntry(bytes: Buffer, start: number, end: number): boolean {
  entry.keyStart = entry.keyEnd = entry.valueStart = entry.valueEnd = start;
  inner.open(bytes, start, end);
  while (inner.next()) {
    if (inner.type !== wireType.bytes) continue;
    if (inner.number === 1) {
      entry.keyStart = inner.start;
      entry.keyEnd = inner.end;
    } else if (inner.number === 2) {
      entry.valueStart = inner.start;
      entry.valueEnd = inner.end;
    }
  }
  return !inner.malformed;
}

/** google.protobuf.Struct, the value of the last entry: 1 fields, map<string, Value>. */
function readStruct(bytes: Buffer, text: string, into: Map<string, string>): boolean {
  struct.open(bytes, entry.valueStart, entry.valueEnd);
  while (struct.next()) {
    if (struct.number !== 1 || struct.type !== wireType.bytes) continue;
    if (!readEntry(bytes, struct.start, struct.end)) return false;
    const name = decode(bytes, text, entry.keyStart, entry.keyEnd);
    const value = readScalar(bytes, text, entry.valueStart, entry.valueEnd);
    if (leaf.malformed) return false;
    if (value === undefined) into.delete(name);
    else into.set(name, value);
  }
  return !struct.malformed;
}

/** google.protobuf.Value, a oneof: 1 null, 2 number, 3 string, 4 bool, 5 struct, 6 list. */
function readScalar(bytes: Buffer, text: string, start: number, end: number): string | undefined {
  let value: string | undefined;
  leaf.open(bytes, start, end);
  while (leaf.next()) {
    if (leaf.number === 3 && leaf.type === wireType.bytes) {
      value = decode(bytes, text, leaf.start, leaf.end);
    } else if (leaf.number === 2 && leaf.type === wireType.fixed64) {
      value = String(bytes.readDoubleLE(leaf.start));
    } else if (leaf.number === 4 && leaf.type === wireType.varint) {
      value = String(leaf.varint !== 0);
    } else if (leaf.number === 1 && leaf.type === wireType.varint) {
      value = undefined;
    } else if ((leaf.number === 5 || leaf.number === 6) && leaf.type === wireType.bytes) {
      value = undefined;
    }
  }
  return value;
}

/** A protobuf string: UTF-8, nearly always ASCII, of which `text` already holds the characters. */
function decode(bytes: Buffer, text: string, start: number, end: number): string {
  for (let position = start; position < end; position += 1) {
    if (bytes[position]! >= 0x80) return bytes.toString('utf8', start, end);
  }
  return text.slice(start, end);
}

function hasUpperCase(bytes: Buffer, start: number, end: number): boolean {
  for (let position = start; position < end; position += 1) {
    const byte = bytes[position]!;
    if (byte >= 0x41 && byte <= 0x5a) return true;
  }
  return false;
}

/** ASCII only: a field name is a token (RFC 9110 section 5.6.2), other bytes stay as they are. */
function lowerCase(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
