// The house's rules that a machine can see; each failure names the places.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { files, functions, read, room_of, root, sources } from './source.mjs';

const none = (places, rule = '') => assert.ok(places.length === 0, [rule, ...places].join('\n  '));
const lines_of = (path) => read(path).split('\n');
const cpp = files.filter((path) => /^(src|tests|loadtests)\/.*\.(cpp|hpp)$/.test(path));

// --- floors

const floors = [
  ['base', 'runtime', 'http', 'postgres', 'redis'],
  ['question', 'psychometrics'],
  ['identity', 'bank', 'practice', 'exam', 'evaluation', 'ranking'],
  ['commands'],
];
const capabilities = floors[2];
const floor_of = (room) => floors.findIndex((floor) => floor.includes(room));
const uses = Object.fromEntries(
  [...read('CMakeLists.txt').matchAll(/^room\((\w+)([^)]*)\)/gm)].map(([, name, rest]) => [
    name,
    (rest.match(/USES ([^]*?)(?= LIBRARIES|$)/)?.[1] ?? '').trim().split(/\s+/).filter(Boolean),
  ]),
);
const includes = sources.flatMap((path) =>
  lines_of(path).flatMap((line, i) => {
    const found = line.match(/^\s*#include\s+(["<])([^">]+)[">]/);
    return found ? [{ path, at: `${path}:${i + 1}`, own: found[1] === '"', name: found[2] }] : [];
  }),
);

test('every room of the build stands on a floor, and its arrows point down', () => {
  const wrong = [];
  for (const [room, used] of Object.entries(uses)) {
    if (floor_of(room) < 0) wrong.push(`${room} stands on no floor`);
    for (const other of used) {
      const level = floor_of(room) === floor_of(other) && (floor_of(room) === 0 || floor_of(room) === 2);
      if (!(floor_of(other) < floor_of(room) || level)) wrong.push(`${room} -> ${other}`);
    }
  }
  none(wrong, 'floors: machinery < knowledge < capabilities < commands');
});

test('rooms do not use one another in a circle', () => {
  const reach = (room, seen) => (uses[room] ?? []).some((other) => seen.has(other) || reach(other, new Set([...seen, other])));
  none(
    Object.keys(uses).filter((room) => reach(room, new Set([room]))),
    'a circle of rooms',
  );
});

test('a file includes only what its room uses', () => {
  const wrong = includes.filter(({ path, own, name }) => {
    const from = room_of(path),
      to = name.split('/')[0];
    return own && uses[from] && to in uses && to !== from && !uses[from].includes(to);
  });
  none(
    wrong.map(({ at, name }) => `${at} includes ${name}`),
    'see room(... USES ...) in CMakeLists.txt',
  );
});

test('a capability sees only the published header of another one', () => {
  const wrong = includes.filter(({ path, own, name }) => {
    const from = room_of(path),
      [to, file] = name.split('/');
    return own && capabilities.includes(from) && capabilities.includes(to) && from !== to && file !== `${to}.hpp`;
  });
  none(
    wrong.map(({ at, name }) => `${at} includes ${name}`),
    'include <room>/<room>.hpp',
  );
});

test('knowledge does no input or output', () => {
  const wrong = includes.filter(
    ({ path, own, name }) =>
      floor_of(room_of(path)) === 1 && !own && /^(boost\/(asio|beast)|pqxx|hiredis|fstream|iostream|thread|chrono)/.test(name),
  );
  none(
    wrong.map(({ at, name }) => `${at} includes ${name}`),
    'pure functions only',
  );
});

test('Beast, hiredis, libpqxx and the whole of nlohmann/json stay where they belong', () => {
  const wrong = includes.filter(({ path, name }) => {
    if (path.startsWith('src/precompiled')) return false;
    const room = room_of(path);
    if (name.startsWith('boost/beast')) return room !== 'http' || (path.endsWith('.hpp') && path !== 'src/http/parser.hpp');
    if (name.startsWith('hiredis')) return room !== 'redis' || path.endsWith('.hpp');
    if (name === 'nlohmann/json.hpp') return path.endsWith('.hpp');
    if (name === 'pqxx/pqxx') return !(room === 'postgres' || room === 'commands' || /\/store[^/]*$/.test(path));
    if (name.startsWith('pqxx/')) return !capabilities.includes(room) && room !== 'postgres';
    return false;
  });
  none(wrong.map(({ at, name }) => `${at} includes ${name}`));
});

// --- sizes and shapes

test('functions have at most 70 lines', () => {
  const wrong = cpp
    .filter((path) => path.startsWith('src/'))
    .flatMap((path) =>
      functions(read(path))
        .filter(({ lines }) => lines > 70)
        .map(({ line, lines }) => `${path}:${line} has ${lines} lines`),
    );
  none(wrong);
});

test('the scan for functions finds them', () => {
  const text =
    'namespace a {\nstruct b {\n  int c() const {\n    return 1;\n  }\n};\nint d[] = {\n1};\nvoid e() {\n  if (x) {\n  }\n}\n}\n';
  assert.deepEqual(functions(text), [
    { line: 3, lines: 3 },
    { line: 9, lines: 4 },
  ]);
});

test('lines have at most 140 columns', () => {
  const checked = files.filter((path) => /\.(cpp|hpp|sh|mjs)$/.test(path) || /^(deploy|tests|loadtests)\/[a-z]+$/.test(path));
  none(
    checked.flatMap((path) =>
      lines_of(path).flatMap((line, i) => ([...line].length > 140 ? [`${path}:${i + 1} has ${[...line].length}`] : [])),
    ),
  );
});

test('headers open with their purpose', () => {
  none(
    sources.filter((path) => path.endsWith('.hpp') && !/^\/\/ \S[^]*?\n#pragma once\n/.test(read(path))),
    '// one to three sentences, then #pragma once',
  );
});

test('every room opens with a README of one to three sentences', () => {
  const rooms = [...new Set(files.filter((path) => /^src\/[^/]+\//.test(path)).map(room_of))];
  const sentences = (text) =>
    text
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .join(' ')
      .trim()
      .split(/(?<=[.!?。])\s+/)
      .filter(Boolean).length;
  none(
    rooms.filter((room) => {
      const path = `src/${room}/README.md`;
      return !files.includes(path) || sentences(read(path)) < 1 || sentences(read(path)) > 3;
    }),
  );
});

test('no promises are left in the code', () => {
  const word = new RegExp(['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].map((each) => `\\b${each}\\b`).join('|'));
  const checked = files.filter((path) => /\.(cpp|hpp|ts|vue|sql|sh|mjs|yaml|md)$/.test(path));
  none(checked.flatMap((path) => lines_of(path).flatMap((line, i) => (word.test(line) ? [`${path}:${i + 1}`] : []))));
});

test('the top level holds exactly the house', () => {
  const expected = [
    '.ci',
    '.clang-format',
    '.clang-tidy',
    '.editorconfig',
    '.gitignore',
    'CMakeLists.txt',
    'CMakePresets.json',
    'LICENSE',
    'README.md',
    'deploy',
    'loadtests',
    'proto',
    'question-bank',
    'src',
    'tests',
  ];
  assert.deepEqual([...new Set(files.map((path) => path.split('/')[0]))].sort(), expected.sort());
});

test('no path of one machine is in the project', () => {
  const path_of_machine = new RegExp(['/wo' + 'rk/', '/fa' + 'rm/', '/ro' + 'ot/', '/ho' + 'me/[a-z]'].join('|'));
  const checked = files.filter((path) => !/\.(png|jpg|ico|woff2)$/.test(path) && path !== 'LICENSE');
  none(checked.flatMap((path) => lines_of(path).flatMap((line, i) => (path_of_machine.test(line) ? [`${path}:${i + 1}`] : []))));
});

// --- messages

const catalogue = (language) => {
  const all = {};
  for (const path of files.filter((each) => each.startsWith('src/http/messages/') && each.endsWith(`${language}.json`)))
    for (const [key, text] of Object.entries(JSON.parse(read(path)))) {
      assert.ok(!(key in all), `${path}: ${key} is there twice`);
      all[key] = text;
    }
  return all;
};
const zh = catalogue('zh'),
  en = catalogue('en');
const placeholders = (text) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort().join(' ');

test('both catalogues have the same keys and placeholders', () => {
  assert.deepEqual(Object.keys(zh).sort(), Object.keys(en).sort());
  none(Object.keys(zh).filter((key) => placeholders(zh[key]) !== placeholders(en[key] ?? '')));
});

test('every code that the server answers with has its messages', () => {
  const code = '"([a-z][a-z0-9_]*)"';
  const forms = [
    ['problem', new RegExp(`refuse\\(\\s*(?:base::)?problem_kind::\\w+,\\s*${code}`, 'g')],
    ['problem', new RegExp(`refuse\\(\\s*(?:kind|conflict|forbidden|not_found|invalid),\\s*${code}`, 'g')],
    ['problem', new RegExp(`\\.code = ${code}`, 'g')],
    ['fault', new RegExp(`\\bfail\\((?:"[^"]*"|[\\w.]+),\\s*${code}`, 'g')],
    ['fault', new RegExp(`faults?_?\\.push_back\\(\\{[^;]*?,\\s*${code}`, 'g')],
    ['fault', new RegExp(`(?:base::)?fault\\{[^;{}]*?,\\s*${code}`, 'g')],
  ];
  const known = (key) => key in zh || (key.endsWith('_') && Object.keys(zh).some((each) => each.startsWith(key))); // "key_" + more
  const missing = new Set();
  for (const path of sources.filter(
    (each) => capabilities.includes(room_of(each)) || ['http', 'question'].includes(room_of(each)),
  ))
    for (const [kind, form] of forms)
      for (const [, found] of read(path).matchAll(form)) if (!known(`${kind}.${found}`)) missing.add(`${path}: ${kind}.${found}`);
  none([...missing]);
});

test('every message is of a code that the server has', () => {
  const words = new Set(sources.flatMap((path) => [...read(path).matchAll(/"([a-z][a-z0-9_]*)"/g)].map(([, word]) => word)));
  const beginnings = [...words].filter((word) => word.endsWith('_'));
  const used = (word) => words.has(word) || beginnings.some((each) => word.startsWith(each));
  none(Object.keys(zh).filter((key) => !key.startsWith('title.') && !used(key.replace(/^\w+\./, ''))));
});

// --- scripts

test('shell scripts pass shellcheck', (t) => {
  if (spawnSync('shellcheck', ['--version']).error) return t.skip('shellcheck is not installed');
  const scripts = files.filter(
    (path) =>
      path.endsWith('.sh') ||
      (/^(\.ci|deploy|tests|loadtests)\//.test(path) && !/\.\w+$/.test(path) && read(path).startsWith('#!/usr/bin/env bash')),
  );
  assert.ok(scripts.length >= 8, `only ${scripts.length} scripts found`);
  const checked = spawnSync('shellcheck', ['-x', ...scripts], { cwd: root, encoding: 'utf8' });
  assert.equal(checked.stdout, '');
});
