// question-bank/schema.json says what `guildhall bank check` enforces: both judge the same bad files, which
// tests/support/bad_trade_files.json makes from a good one. `schema: false` marks what a schema cannot say.
import Ajv from 'ajv/dist/2020.js';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const file = (path) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'));
const is_valid = new Ajv({ strict: false }).compile(file('question-bank/schema.json'));

// RFC 6902, as far as the table uses it.
function patched(document, patch) {
  const whole = structuredClone(document);
  for (const { op, path, value } of patch) {
    const steps = path.split('/').slice(1),
      last = steps.pop();
    const at = steps.reduce((place, step) => place[step], whole);
    if (op === 'remove') Array.isArray(at) ? at.splice(Number(last), 1) : delete at[last];
    else if (last === '-') at.push(value);
    else at[last] = value;
  }
  return whole;
}

test('the schema takes the bundled trades', () => {
  const trades = readdirSync(new URL('../../question-bank/trades', import.meta.url));
  assert.ok(trades.length >= 8);
  for (const name of trades)
    assert.ok(is_valid(file(`question-bank/trades/${name}`)), `${name}: ${JSON.stringify(is_valid.errors)}`);
});

test('the schema refuses what it can say is bad', () => {
  const good = file('tests/support/trade_file.json');
  assert.ok(is_valid(good), JSON.stringify(is_valid.errors));
  const table = file('tests/support/bad_trade_files.json');
  for (const { what, patch, schema } of table) assert.equal(is_valid(patched(good, patch)), !schema, what);
});
