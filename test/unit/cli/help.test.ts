import assert from 'node:assert/strict';
import { test } from 'node:test';

import { calibrate } from '../../../src/cli/calibrate.ts';
import { check } from '../../../src/cli/check.ts';
import { demo } from '../../../src/cli/demo.ts';
import { envoy } from '../../../src/cli/envoy.ts';
import { commandHelp, helpOf, programHelp, type CommandName } from '../../../src/cli/help.ts';
import { serve } from '../../../src/cli/serve.ts';
import { serveVerdict } from '../../../src/cli/verdict-serve.ts';
import { verdict } from '../../../src/cli/verdict.ts';

const names = Object.keys(commandHelp) as CommandName[];

test('the overview names every command, once a line of at most 120 characters', () => {
  const lines = programHelp('1.0.0').split('\n');
  for (const name of names) {
    assert.equal(lines.filter((line) => line.trimStart().startsWith(`${name} `)).length, 1, name);
  }
  assert.ok(lines.slice(1).every((line) => line.length <= 120));
});

test('the help of a command has its options, each with a meaning, and its exit codes', () => {
  const help = helpOf('calibrate');
  assert.match(help, /^usage: twinspan calibrate --url ADDRESS \[options\]$/m);
  assert.match(help, /^ {2}--min-pairs N {2,}\S/m);
  assert.match(help, /^exit codes: 0, 1 /m);
});

/** Options that a command knows, as it names them to whoever gives another one. */
async function knownTo(command: (args: string[]) => Promise<number>): Promise<string[]> {
  const trouble = await command(['--nothing']).then(
    () => assert.fail('an unknown option was taken'),
    (error: Error) => error.message,
  );
  const listed = /options are (.*)$/.exec(trouble)?.[1] ?? '';
  return listed.split(', ');
}

const calls: Record<CommandName, readonly ((args: string[]) => Promise<number>)[]> = {
  serve: [serve],
  check: [check],
  envoy: [envoy],
  verdict: [verdict, serveVerdict],
  calibrate: [calibrate],
  demo: [demo],
};

for (const name of names) {
  test(`${name} knows exactly the options that its help lists`, async () => {
    const known = new Set((await Promise.all(calls[name].map(knownTo))).flat());
    const { options } = commandHelp[name];
    const listed = new Set(options.map(([option]) => /--[a-z-]+/.exec(option)![0]));
    assert.deepEqual([...listed].toSorted(byText), [...known].toSorted(byText));
  });
}

function byText(one: string, other: string): number {
  return one.localeCompare(other);
}
