import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readChat } from '../../../../src/comparison/prediction/openai-chat.ts';
import { sourceOf } from './source.ts';

const read = (answer: unknown) => [...readChat(sourceOf(answer))];
const only = (choice: unknown) => read({ choices: [choice] })[0];

test('a choice has the text of its message and the reason why it ended', () => {
  const message = { role: 'assistant', content: 'Hello' };
  assert.deepEqual(only({ index: 0, message, finish_reason: 'stop' }), {
    label: 'stop',
    text: 'Hello',
  });
  assert.deepEqual(only({ text: 'Hello', finish_reason: 'length' }), {
    label: 'length',
    text: 'Hello',
  });
  assert.deepEqual(only({ message: { content: null, refusal: 'No.' } }), { text: 'No.' });
});

test('a message in parts is the texts among them', () => {
  const content = [{ type: 'text', text: 'a' }, { type: 'image' }, { type: 'text', text: 'b' }];
  assert.deepEqual(only({ message: { content } }), { text: 'ab' });
});

test('choices are in the order of their index', () => {
  const choice = (index: unknown, text: string) => ({ index, text });
  const texts = (...choices: unknown[]) => read({ choices }).map((found) => found?.text);
  assert.deepEqual(texts(choice(1, 'b'), choice(0, 'a')), ['a', 'b']);
  assert.deepEqual(texts(choice(1, 'b'), choice(1, 'c'), choice(1e9, 'd')), ['c', 'b', 'd']);
  assert.deepEqual(texts(choice('x', 'a'), choice(-1, 'b'), choice(0.5, 'c')), ['a', 'b', 'c']);
});

test('functions are equal by name and arguments, whatever their ids and the order of keys', () => {
  const calls = (id: string, name: string, values: unknown) =>
    only({ message: { tool_calls: [{ id, function: { name, arguments: values } }] } })?.calls;
  const one = calls('1', 'find', '{"a":1,"b":[2]}');
  assert.ok(one);
  assert.equal(calls('2', 'find', '{"b": [2], "a": 1.0}'), one);
  assert.equal(calls('2', 'find', { b: [2], a: 1 }), one);
  assert.notEqual(calls('1', 'find', '{"a":2,"b":[2]}'), one);
  assert.notEqual(calls('1', 'seek', '{"a":1,"b":[2]}'), one);
  assert.notEqual(calls('1', 'find', 'no JSON'), calls('1', 'find', 'none either'));
  assert.ok(only({ message: { function_call: { name: 'find' } } })?.calls);
});

test('what is no chat has no choices', () => {
  for (const value of [{ error: {} }, { choices: 7 }, []]) assert.deepEqual(read(value), []);
  assert.deepEqual(read({ choices: [7, null, {}] }), [undefined, undefined, undefined]);
});
