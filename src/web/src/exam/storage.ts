// What an exam keeps on the phone (IndexedDB): answers on their way and the paper they belong to, each under its person,
// so that nobody who signs in later on the same phone is shown them.
import type { Schema } from '../api/client'
import type { KeptAnswer, OutboxStore } from './outbox'

export interface KeptPaper {
  paper: Schema['Attempt']
  marked: number[] // positions to come back to
}

type AnswerRow = KeptAnswer & { person_id: number; attempt_id: number }
type PaperRow = KeptPaper & { person_id: number; attempt_id: number }

function asPromise<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

let opened: Promise<IDBDatabase> | null = null

function database(): Promise<IDBDatabase> {
  opened ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open('guildhall', 1)
    request.onupgradeneeded = () => {
      request.result.createObjectStore('answers', { keyPath: ['person_id', 'attempt_id', 'position'] })
      request.result.createObjectStore('papers', { keyPath: ['person_id', 'attempt_id'] })
    }
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  opened.catch(() => (opened = null))
  return opened
}

// Resolves once the browser has handed the change to the disk.
async function write(table: 'answers' | 'papers', change: (rows: IDBObjectStore) => void): Promise<void> {
  const transaction = (await database()).transaction(table, 'readwrite', { durability: 'strict' })
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error)
    change(transaction.objectStore(table))
  })
}

async function read<T>(table: 'answers' | 'papers', ask: (rows: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  return asPromise(ask((await database()).transaction(table, 'readonly').objectStore(table)))
}

const ofPerson = (personId: number) => IDBKeyRange.bound([personId], [personId, []])
const ofAttempt = (personId: number, attemptId: number) =>
  IDBKeyRange.bound([personId, attemptId], [personId, attemptId, []])

// Changes the row of an answer, unless a newer answer took its place.
function changeIfNewest(
  key: [number, number, number],
  sequence: number,
  change: (rows: IDBObjectStore, row: AnswerRow) => void,
): Promise<void> {
  return write('answers', (rows) => {
    const found: IDBRequest<AnswerRow | undefined> = rows.get(key)
    found.onsuccess = () => {
      if (found.result?.sequence === sequence) change(rows, found.result)
    }
  })
}

export function answersOf(personId: number, attemptId: number): OutboxStore {
  return {
    async all() {
      const rows = await read<AnswerRow[]>('answers', (answers) => answers.getAll(ofAttempt(personId, attemptId)))
      return rows.map(({ position, sequence, answer, saved }) => ({ position, sequence, answer, saved }))
    },
    put: (answers) =>
      write('answers', (rows) => {
        for (const answer of answers)
          rows.put({ ...answer, person_id: personId, attempt_id: attemptId } satisfies AnswerRow)
      }),
    settle: (answer) =>
      changeIfNewest([personId, attemptId, answer.position], answer.sequence, (rows, row) =>
        rows.put({ ...row, saved: true }),
      ),
    remove: (answer) =>
      changeIfNewest([personId, attemptId, answer.position], answer.sequence, (rows) =>
        rows.delete([personId, attemptId, answer.position]),
      ),
  }
}

export async function keptPaper(personId: number, attemptId: number): Promise<KeptPaper | null> {
  const row = await read<PaperRow | undefined>('papers', (papers) => papers.get([personId, attemptId]))
  return row ? { paper: row.paper, marked: row.marked } : null
}

export function keepPaper(personId: number, kept: KeptPaper): Promise<void> {
  const row: PaperRow = { ...kept, person_id: personId, attempt_id: kept.paper.attempt_id }
  return write('papers', (papers) => papers.put(row))
}

export async function keptPapers(personId: number): Promise<KeptPaper[]> {
  return read<PaperRow[]>('papers', (papers) => papers.getAll(ofPerson(personId)))
}

// The exam is over. Answers that never reached the server stay until the worker has read which they are.
export async function forgetPaper(personId: number, attemptId: number): Promise<void> {
  await write('papers', (papers) => papers.delete([personId, attemptId]))
  const kept = await answersOf(personId, attemptId).all()
  if (kept.every((answer) => answer.saved))
    await write('answers', (answers) => answers.delete(ofAttempt(personId, attemptId)))
}

// Questions of an exam do not stay behind on a phone that somebody signed out of.
export async function forgetPapers(personId: number): Promise<void> {
  await write('papers', (papers) => papers.delete(ofPerson(personId)))
}

// How many answers of each attempt still wait to be sent.
export async function unsavedByAttempt(personId: number): Promise<Map<number, number>> {
  const rows = await read<AnswerRow[]>('answers', (answers) => answers.getAll(ofPerson(personId)))
  const counts = new Map<number, number>()
  for (const row of rows) if (!row.saved) counts.set(row.attempt_id, (counts.get(row.attempt_id) ?? 0) + 1)
  return counts
}
