/**
 * `docs/configuration.md`, made from the schema: run as a program it prints the page.
 */
import { isSettable, variableOf } from './environment.ts';
import { anyIndex, anyKey, fields, type Field } from './schema-fields.ts';
import { durationSyntax, sizeSyntax } from './units.ts';
import { postponed } from './warnings.ts';

/** The least that runs, as the page shows it. */
export const minimalExample = `shadow:
  url: http://127.0.0.1:9102
routes:
  - name: predict
    match:
      path: /v1/models/{model}:predict
      methods: [POST]
    effects: none
`;

/** The whole page, Markdown. */
export function configurationPage(): string {
  const sections = [...new Set(fields.map(({ path }) => path[0]!))];
  const single = sections.filter((name) => keysOf(name).length === 1);
  const large = sections.filter((name) => !single.includes(name));
  return [
    introduction(),
    heading('Single keys', ''),
    table(single.flatMap(keysOf)),
    ...large.flatMap((name) => {
      const [own, ...keys] = keysOf(name);
      return [heading(`\`${name}\``, sectionText(own!)), table(keys)];
    }),
  ].join('\n');
}

function introduction(): string {
  const example = fields.find(({ path }) => path.join('.') === 'capture.maxBodyBytes')!;
  const count = fields.filter(isSettable).length;
  return `# Configuration

Made from the schema by \`npm run docs\`; not to be edited by hand.

One YAML file (or JSON, which is YAML too) of at most 1 MiB. Only \`shadow.url\` and one route are required:

\`\`\`yaml
${minimalExample}\`\`\`

- **Units.** A duration is ${durationSyntax.replace(/^a duration with its unit/, 'a whole number with its unit')}; a size is ${sizeSyntax.replace(/^a size with its unit/, 'a whole number with its unit')}.
- **Errors.** Unknown keys are errors. All errors of a file are told at once, and nothing starts.
- **Environment.** Each of the ${count} single values can be set by a variable, which wins over the file: \`TWINSPAN_\` and
  the path, split at capitals. \`${example.path.join('.')}\` is \`${variableOf(example.path)}\`. Lists, mappings with keys of your own
  and everything in \`routes\` come from the file alone. An unknown \`TWINSPAN_*\` is an error, except
  \`TWINSPAN_BIN_ENVOY\`, \`TWINSPAN_BIN_JAEGER\`, \`TWINSPAN_BIN_TEMPO\`, \`TWINSPAN_ENVOY\` and \`TWINSPAN_INTAKE_URL\`.
- **Reload.** The file is read again when it changes and on \`SIGHUP\`. Keys marked "yes" take effect at once. If another
  one changes, or the new file has an error, the old configuration stays and the log says why.
`;
}

function heading(title: string, text: string): string {
  return `## ${title}\n${text === '' ? '' : `\n${text}\n`}`;
}

function sectionText(field: Field): string {
  const { required, default: usual, scalar } = field;
  const description = meaningOf(field);
  if (required) return `${description} Required.`;
  if (scalar === 'text') return `${description} Default: \`${usual}\`.`;
  return description;
}

function table(keys: readonly Field[]): string {
  const rows = keys.map((field) =>
    [
      `\`${writtenPath(field)}\``,
      field.kind === 'value' ? field.type : typeOfGroup(field),
      defaultOf(field),
      field.values,
      reloadOf(field),
      meaningOf(field),
    ]
      .map((cell) => cell.replaceAll('|', '\\|'))
      .join(' | '),
  );
  return `| Key | Type | Default | Values | Reload | Meaning |
| --- | --- | --- | --- | --- | --- |
${rows.map((row) => `| ${row} |`).join('\n')}
`;
}

/** Without the section's own name, which is the heading. */
function writtenPath({ path }: Field): string {
  const names = path.length === 1 ? path : path.slice(1);
  return names
    .filter((part) => part !== anyIndex)
    .map((part) => (part === anyKey ? 'NAME' : part))
    .join('.');
}

function meaningOf({ path, description }: Field): string {
  const later = postponed.find((entry) => entry.path.join('.') === path.join('.'));
  if (later === undefined) return description;
  const what = later.value === undefined ? 'Accepted' : `\`${later.value}\` is accepted`;
  return `${description} *${what}, but not yet in effect in this version.*`;
}

function reloadOf({ kind, reloadable }: Field): string {
  if (kind === 'section') return '';
  return reloadable ? 'yes' : 'no';
}

function typeOfGroup({ kind, type }: Field): string {
  return kind === 'section' ? 'section' : type;
}

function defaultOf({ kind, required, default: usual }: Field): string {
  if (required) return '**required**';
  if (kind === 'section') return usual === undefined ? 'absent' : '';
  if (usual === undefined) return 'unset';
  return /[ `]/.test(usual) && !usual.startsWith('[') ? usual : `\`${usual}\``;
}

function keysOf(name: string): Field[] {
  return fields.filter(({ path }) => path[0] === name);
}

if (import.meta.main) process.stdout.write(configurationPage());
