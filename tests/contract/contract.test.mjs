// The contract against the running server: the document itself, every reply, who may do what, and bad input.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { after, test } from 'node:test';
import { createConfig, lint } from '@redocly/openapi-core';
import { parse } from 'yaml';
import { startPlatform } from '../support/platform.mjs';
import { access } from './access.mjs';
import { contract_file, examples, faults } from './contract.mjs';
import { input } from './input.mjs';
import { replies } from './replies.mjs';
import { main_objects, other_branch, sign_in_all } from './scenes.mjs';

const platform = await startPlatform(['http.receive_seconds = 1', 'http.idle_seconds = 6', 'session.cache_seconds = 0']);
after(() => platform.stop());

const staff = await sign_in_all(platform.url, platform.accounts);
const scene = {
  platform,
  url: platform.url,
  accounts: platform.accounts,
  staff,
  routes: JSON.parse(await platform.guildhall('routes')),
  permissions: JSON.parse(await platform.guildhall('routes', '--roles')),
  elsewhere: await other_branch(platform.url, staff.administrator),
  objects: await main_objects(staff),

  async all_questions() {
    const all = [];
    for (let cursor = ''; cursor !== null;) {
      const page = await staff.trainer.get(
        `/api/outlines/${scene.objects.outline_id}/questions?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      all.push(...page.questions);
      cursor = page.next_cursor;
    }
    return all;
  },

  // Of every row of every table.
  async fingerprint() {
    const tables = await platform.sql(
      "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
    );
    const rows = await platform.sql(
      tables
        .map((name) => `SELECT '${name}', count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM ${name} t;`)
        .join('\n'),
    );
    return rows.join('\n');
  },
};

test('the linter passes', async () => {
  const config = await createConfig(parse(readFileSync(new URL('redocly.yaml', import.meta.url), 'utf8')));
  const problems = await lint({ ref: fileURLToPath(contract_file), config });
  assert.deepEqual(
    problems.map((each) => `${each.severity} ${each.ruleId}: ${each.message} ${each.location[0]?.pointer}`),
    [],
  );
});

test('every example fits its schema', () => {
  assert.deepEqual(
    examples.flatMap(({ where, schema, value }) => faults(schema, value).map((each) => `${where}: ${each}`)),
    [],
  );
});

access(scene);
input(scene);
replies(scene);
