// A reporter for `node --test`: one JSON object a finished test, which tally.mjs counts; other output goes to standard error.
const summary = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /; // Node's own counts

export default async function* reporter(events) {
  for await (const { type, data } of events) {
    if (type === 'test:stdout' || type === 'test:stderr') process.stderr.write(data.message);
    if (type === 'test:diagnostic' && !summary.test(data.message)) process.stderr.write(`  ${data.message}\n`);
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (data.details?.type === 'suite' && type === 'test:pass') continue;
    const error = data.details?.error;
    if (error?.failureType === 'subtestsFailed') continue;
    const skipped = data.skip !== undefined && data.skip !== false;
    const cause = error?.cause ?? error;
    yield (
      JSON.stringify({
        outcome: skipped ? 'skipped' : type === 'test:pass' ? 'passed' : 'failed',
        name: data.name,
        reason: skipped
          ? typeof data.skip === 'string'
            ? data.skip
            : ''
          : cause
            ? String(cause.stack ?? cause.message ?? cause)
            : '',
      }) + '\n'
    );
  }
}
