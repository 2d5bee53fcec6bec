// Reads the project's own files for the style tests.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

const not_ours = new Set(['.git', 'build', 'node_modules', 'dist', 'screenshots']);

function walk(folder) {
  return readdirSync(folder)
    .filter((name) => !not_ours.has(name))
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? walk(path) : [relative(root, path)];
    });
}

// What git holds or would hold; without git, what is there.
function listed() {
  try {
    const out = execFileSync(
      'git',
      ['-C', root, '-c', `safe.directory=${root}`, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
      { encoding: 'utf8' },
    );
    return out.split('\0').filter((path) => path !== '' && existsSync(join(root, path)));
  } catch {
    return walk(root);
  }
}

export const files = [...new Set(listed())].sort();
export const read = (path) => readFileSync(join(root, path), 'utf8');
export const sources = files.filter((path) => /^src\/.*\.(cpp|hpp)$/.test(path));
export const room_of = (path) => path.split('/')[1];

// Comments and what stands in quotes become blanks; lines stay where they are.
export function bare(text) {
  const blank = (match) => match.replace(/[^\n]/g, ' ');
  return text.replace(/R"(\w*)\([\s\S]*?\)\1"|\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'/g, (match) =>
    match.startsWith("'") && /^'\d{3}/.test(match) ? match : blank(match),
  );
}

// Functions of a C++ file: {line, lines}. A brace opens one when what stands before it has a parameter list and is
// no namespace, class or initialiser; lambdas count to the function around them.
export function functions(text) {
  const code = bare(text);
  const found = [],
    open = [];
  let line = 1,
    begin = 0;
  for (let i = 0; i < code.length; ++i) {
    const c = code[i];
    if (c === '\n') ++line;
    if (c === '{') {
      const before = code.slice(begin, i);
      const inside = open.some((each) => each.is_function);
      const is_scope = /\b(namespace|class|struct|enum|union)\b[^()]*$/.test(before) || /=\s*$/.test(before);
      open.push({ is_function: !inside && !is_scope && /\)[^=]*$/.test(before), line });
      begin = i + 1;
    } else if (c === '}') {
      const closed = open.pop();
      if (closed?.is_function) found.push({ line: closed.line, lines: line - closed.line + 1 });
      begin = i + 1;
    } else if (c === ';') {
      begin = i + 1;
    }
  }
  return found;
}
