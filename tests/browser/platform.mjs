// The platform as the staff's programs see it: the API with a bearer token.
import { readFileSync } from 'node:fs'

function required(name) {
  const value = process.env[name]
  if (!value) throw new Error(`Set ${name}; README.md in this folder says how.`)
  return value
}

export const base = new URL(required('GUILDHALL_URL')).origin
const accounts = JSON.parse(readFileSync(required('GUILDHALL_ACCOUNTS'), 'utf8'))

export class Refused extends Error {
  constructor(request, status, problem) {
    super(`${request} was answered with ${status}: ${JSON.stringify(problem)}`)
    this.status = status
    this.problem = problem
  }
}

async function request(method, path, { token, body, key } = {}) {
  const response = await fetch(base + path, {
    method,
    headers: {
      'Accept-Language': 'zh-CN',
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
      ...(body ? { 'Content-Type': 'application/json' } : {}),
      ...(key ? { 'Idempotency-Key': key } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const text = await response.text()
  const content = text === '' ? null : JSON.parse(text)
  if (!response.ok) throw new Refused(`${method} ${path}`, response.status, content)
  return content
}

export function accountOf(role) {
  if (!accounts[role]) throw new Error(`GUILDHALL_ACCOUNTS names no ${role}`)
  const { account, password } = accounts[role]
  return { account, password }
}

export async function signedIn(role, who = accountOf(role)) {
  const { token, person } = await request('POST', '/api/session', { body: { ...who, transport: 'bearer' } })
  const send = (method) => (path, body, key) => request(method, path, { token, body, key })
  return {
    person,
    organisationFor:
      person.roles.find((grant) => grant.role === role)?.organisation_id ?? person.organisation.organisation_id,
    get: send('GET'),
    post: send('POST'),
    put: send('PUT'),
    delete: send('DELETE'),
  }
}

// All rows of a paged list.
export async function everyRow(caller, path, name) {
  const rows = []
  for (let cursor = null; ;) {
    const page = await caller.get(`${path}?limit=200${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`)
    rows.push(...page[name])
    cursor = page.next_cursor
    if (cursor === null) return rows
  }
}
