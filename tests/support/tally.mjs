// Counts tests of all kinds. A result is one JSON object a line: {"outcome": "passed|failed|skipped", "name", "reason"}.
//   tally one FILE OUTCOME NAME [REASON]      adds one result
//   tally google FILE PROGRAM REPORT LOG STATUS
//                                             adds a GoogleTest report; without a report the program itself has failed
//   tally node FILE                           adds what reporter.mjs says on standard input, showing failures at once
//   tally group FILE NAME SECONDS             prints a group's counts
//   tally end FOLDER                          prints what was skipped and why, what failed, and the closing line
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [command, ...words] = process.argv.slice(2);
const add = (file, result) => appendFileSync(file, JSON.stringify(result) + '\n');
const read = (file) =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : [];
const count = (results, outcome) => results.filter((each) => each.outcome === outcome).length;
const counts = (results) =>
  `${count(results, 'passed')} passed, ${count(results, 'failed')} failed, ${count(results, 'skipped')} skipped`;

// GoogleTest's JSON lacks the reason of a skip: its log has "file:line: Skipped", the reason on the next line.
function skipReasons(log) {
  const lines = readFileSync(log, 'utf8').split('\n');
  return lines.flatMap((line, i) => (/: Skipped$/.test(line) ? [lines[i + 1] ?? ''] : []));
}

const commands = {
  one([file, outcome, name, reason = '']) {
    add(file, { outcome, name, reason });
  },
  google([file, program, report, log, status]) {
    if (!existsSync(report))
      return add(file, { outcome: 'failed', name: `${program} runs to its end`, reason: 'see its output above' });
    const reasons = skipReasons(log);
    for (const suite of JSON.parse(readFileSync(report, 'utf8')).testsuites)
      for (const test of suite.testsuite) {
        const name = `${suite.name}.${test.name}`;
        if (test.status === 'NOTRUN') continue;
        if (test.failures) add(file, { outcome: 'failed', name, reason: test.failures.map((each) => each.failure).join('\n') });
        else if (test.result === 'SKIPPED') add(file, { outcome: 'skipped', name, reason: reasons.shift() ?? '' });
        else add(file, { outcome: 'passed', name, reason: '' });
      }
    if (status !== '0' && !read(file).some((each) => each.outcome === 'failed'))
      add(file, { outcome: 'failed', name: `${program} ends in good order`, reason: 'see its output above: a leak, say' });
  },
  async node([file]) {
    for await (const line of createInterface({ input: process.stdin })) {
      const result = JSON.parse(line);
      add(file, result);
      if (result.outcome === 'failed') console.log(`FAILED ${result.name}\n${result.reason.replace(/^/gm, '    ')}`);
    }
  },
  group([file, name, seconds]) {
    const results = read(file);
    if (results.length === 0) {
      add(file, { outcome: 'failed', name: `${name} has tests`, reason: 'no test ran' });
      results.push(...read(file));
    }
    console.log(`${name}: ${counts(results)} (${seconds} s)`);
  },
  end([folder]) {
    const groups = readdirSync(folder).map((file) => file.replace(/\.jsonl$/, ''));
    const results = groups.flatMap((group) => read(`${folder}/${group}.jsonl`).map((each) => ({ group, ...each })));
    for (const each of results.filter((r) => r.outcome === 'skipped'))
      console.log(`skipped  ${each.group}: ${each.name}${each.reason ? `: ${each.reason}` : ''}`);
    for (const each of results.filter((r) => r.outcome === 'failed')) console.log(`FAILED   ${each.group}: ${each.name}`);
    console.log(counts(results));
    process.exitCode = count(results, 'failed') > 0 ? 1 : 0;
  },
};
await commands[command](words);
