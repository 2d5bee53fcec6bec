// The contract as a program: which operation a request belongs to, and whether a reply fits it.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';

export const contract_file = new URL('../../proto/openapi.yaml', import.meta.url);
export const document = parse(readFileSync(contract_file, 'utf8'));

const verbs = ['get', 'put', 'post', 'delete', 'patch'];
const resolve = (value) =>
  value?.$ref
    ? value.$ref
        .slice(2)
        .split('/')
        .reduce((at, key) => at[key.replaceAll('~1', '/').replaceAll('~0', '~')], document)
    : value;

// {method, path, id, access, matches(path), parameters, body, responses} of every operation.
export const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  verbs
    .filter((verb) => item[verb])
    .map((verb) => {
      const operation = item[verb];
      const pattern = new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`);
      return {
        method: verb.toUpperCase(),
        path,
        id: operation.operationId,
        access: operation['x-access'],
        matches: (plain) => pattern.test(plain),
        parameters: [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(resolve),
        body: operation.requestBody?.content['application/json'],
        responses: operation.responses,
      };
    }),
);
export const operation = (id) => operations.find((each) => each.id === id);
// Literal paths win over those with parameters, as in the router.
const literals = (each) => each.path.replace(/\{\w+\}/g, '').length;
export const operation_of = (method, path) =>
  operations
    .filter((each) => each.method === method && each.matches(path.split('?')[0]))
    .sort((a, b) => literals(b) - literals(a))[0];

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
const whole = 'openapi.yaml';
const anchored = (value) => {
  if (Array.isArray(value)) return value.map(anchored);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, key === '$ref' && inner.startsWith('#') ? whole + inner : anchored(inner)]),
  );
};
ajv.addSchema({ $id: whole, components: { schemas: document.components.schemas } });
const compiled = new Map();
function validator(schema) {
  if (!compiled.has(schema)) compiled.set(schema, ajv.compile(anchored(schema)));
  return compiled.get(schema);
}

// What is wrong with a value, in words; nothing where it fits.
export function faults(schema, value) {
  const validate = validator(schema);
  return validate(value)
    ? []
    : validate.errors.map(
        (each) =>
          `${each.instancePath || '/'} ${each.message}${each.params.additionalProperty ? ` (${each.params.additionalProperty})` : ''}`,
      );
}

export const exercised = new Map(); // operation id -> statuses

// A reply with what is wrong with it; remembers what was exercised.
export function faults_of_reply(reply) {
  const found = operation_of(reply.method, reply.path);
  if (!found)
    return reply.status === 404 || reply.status === 405
      ? faults_of_problem(reply)
      : [`${reply.method} ${reply.path} is not in the contract, but was answered with ${reply.status}`];
  if (!exercised.has(found.id)) exercised.set(found.id, new Set());
  exercised.get(found.id).add(reply.status);
  const where = `${found.id} ${reply.status}`;
  const response = resolve(found.responses[reply.status] ?? (reply.status >= 400 ? found.responses.default : undefined));
  if (!response) return [`${where}: the contract does not say so`];
  if (!reply.headers.get('x-request-id')) return [`${where}: no X-Request-Id`];
  const type = (reply.headers.get('content-type') ?? '').split(';')[0];
  if (!response.content) return reply.text === '' ? [] : [`${where}: a body where none is declared`];
  const media = response.content[type];
  if (!media) return [`${where}: Content-Type ${type}`];
  const wrong = type.includes('json') ? faults(media.schema, reply.body) : [];
  if (type === 'application/problem+json' && reply.body.status !== reply.status) wrong.push('status differs from the reply');
  return wrong.map((each) => `${where}: ${each}`);
}

const faults_of_problem = (reply) => faults(document.components.schemas.Problem, reply.body);

// Every example of the contract with its schema: [{where, schema, value}].
export const examples = operations.flatMap((each) => {
  const rows = each.body ? [{ where: `${each.id} request`, schema: each.body.schema, value: each.body.example }] : [];
  for (const [status, reply] of Object.entries(each.responses))
    for (const [type, media] of Object.entries(resolve(reply).content ?? {}))
      if (media.example !== undefined && type.includes('json'))
        rows.push({ where: `${each.id} ${status}`, schema: media.schema, value: media.example });
  return rows;
});

export const schema_of = (schema) => resolve(schema);
