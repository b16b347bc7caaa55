/** Reads JSON from the local HTTP interfaces of the demo's processes (Envoy's and twinspan's admin ports). */

import { request } from 'undici';

const TIMEOUT_MS = 5000;

/** The parsed body; the caller knows its shape. Throws when the answer is not 200 or not JSON, naming the URL. */
export async function getJson(url: string): Promise<unknown> {
  const response = await request(url, { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
  const text = await response.body.text();
  if (response.statusCode !== 200) {
    throw new Error(`${url} answered ${response.statusCode}: ${text.slice(0, 200)}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${url} did not answer with JSON: ${text.slice(0, 200)}`, { cause: error });
  }
}
