/**
 * What OpenTelemetry says through its process-wide diagnostics logger. Its OTLP exporter reports spans that the
 * collector refused ("partial success" in the OTLP specification) nowhere else, and does so in the same turn
 * of the event loop, right before it reports the export as a success: that order is what makes the number
 * below belong to the export that has just ended.
 */
import { diag, DiagLogLevel } from '@opentelemetry/api';

const partialSuccessMessage = 'Received Partial Success response:';

let rejectedSpans = 0;

/** The number that the last export's answer named; reading it sets it to 0. */
export function takeRejectedSpans(): number {
  const taken = rejectedSpans;
  rejectedSpans = 0;
  return taken;
}

/** From now on `onWarning` hears OpenTelemetry's warnings and errors; it must not throw. The last caller hears them all. */
export function listenToDiagnostics(onWarning: (message: string) => void): void {
  const warn = (message: string, ...details: unknown[]): void => {
    if (message === partialSuccessMessage) {
      rejectedSpans = rejectedSpansOf(details[0]);
      // A response may also carry a message without a number, which is a mere warning.
      if (rejectedSpans > 0) return;
    }
    onWarning([message, ...details].map(String).join(' '));
  };
  const ignore = (): void => {};
  diag.setLogger(
    { error: warn, warn, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}

/** JSON of `ExportTracePartialSuccess`. */
function rejectedSpansOf(json: unknown): number {
  if (typeof json !== 'string') return 0;
  const partialSuccess: unknown = JSON.parse(json);
  if (typeof partialSuccess !== 'object' || partialSuccess === null) return 0;
  if (!('rejectedSpans' in partialSuccess)) return 0;
  const { rejectedSpans: count } = partialSuccess;
  return typeof count === 'number' && count > 0 ? count : 0;
}
