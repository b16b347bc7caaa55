/** Types of `node-version.js`, which is JavaScript so that an old Node can read it. */

/** @throws Error when `engines` names no version */
export function requiredVersion(engines: string): string;

export function isAtLeast(version: string, required: string): boolean;

export function candidatePaths(packageFolder: string, platform: NodeJS.Platform): string[];

export type NodeChoice =
  | { readonly kind: 'run' }
  | { readonly kind: 're-execute'; readonly path: string }
  | { readonly kind: 'refuse'; readonly message: string };

export function chooseNode(options: {
  /** `process.version`. */
  readonly running: string;
  readonly required: string;
  /** Asked only when the running Node is too old; nearest first. */
  readonly candidates: () => readonly { readonly path: string; readonly version: string }[];
  /** Whether installing the package also installs a Node: true of the repository, not of the built package. */
  readonly bringsNode: boolean;
}): NodeChoice;
