/** A sender whose exports end when the test says how, and spans to put into a queue. */
import { ROOT_CONTEXT } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace';

import type { SendResult, SpanSender } from '../../../src/telemetry/span-queue.ts';

export interface FakeExport {
  readonly spans: ReadableSpan[];
  readonly end: (result: SendResult) => void;
}

export interface FakeSender extends SpanSender {
  /** Exports that have not ended, at most one unless the queue breaks its promise. */
  readonly underWay: FakeExport[];
  readonly received: ReadableSpan[];
  abandoned: number;
}

export function createFakeSender(): FakeSender {
  const sender: FakeSender = {
    underWay: [],
    received: [],
    abandoned: 0,
    send(spans, done) {
      const one: FakeExport = {
        spans,
        end(result) {
          sender.underWay.splice(sender.underWay.indexOf(one), 1);
          if (result.kind === 'sent') sender.received.push(...spans);
          done(result);
        },
      };
      sender.underWay.push(one);
    },
    abandon() {
      sender.abandoned += 1;
    },
  };
  return sender;
}

export const sent: SendResult = { kind: 'sent', rejected: 0 };
export const refused: SendResult = { kind: 'failed', message: 'connect ECONNREFUSED' };

/** An ended span, for a queue that is not connected to a provider. */
export function endedSpan(name = 'span', attributes: Record<string, string> = {}): ReadableSpan {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  provider.getTracer('test').startSpan(name, { attributes }, ROOT_CONTEXT).end();
  return exporter.getFinishedSpans()[0]!;
}
