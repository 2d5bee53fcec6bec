// Candidates who sit an exam as a phone would: every answer has a sequence number and is sent again until the server
// acknowledges it. What was acknowledged is remembered, to be compared with the result.
import { person } from '../support/client.mjs';

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// mulberry32, so that a run can be repeated from its printed seed.
export function random_from(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return { next, below: (bound) => Math.floor(next() * bound) };
}

const can_be_tried_again = (status) => status === 503 || status === 429;

export class Candidate {
  constructor(url, account, random) {
    this.me = person(url, account);
    this.random = random;
    this.acknowledged = new Map(); // position -> {sequence, answer}, the newest that was acknowledged
    this.sent = new Map(); // position -> all that was ever sent
    this.sequence = 0;
    this.retries = 0;
    this.statuses = new Map();
    this.complaints = [];
    this.stopped = false;
  }

  // Sends until there is an answer that is final; a refusal that cannot be tried again is a complaint.
  async insist(method, path, body) {
    for (let pause = 20; ; pause = Math.min(pause * 1.5, 400)) {
      try {
        const reply = await this.me.ask(method, path, body);
        this.statuses.set(reply.status, (this.statuses.get(reply.status) ?? 0) + 1);
        if (reply.status < 300) return reply.body;
        if (reply.status === 401) {
          await this.sign_in_again();
          continue;
        }
        if (!can_be_tried_again(reply.status)) {
          if (this.complaints.length < 3) this.complaints.push(`${method} ${path}: ${reply.status} ${reply.text}`);
          return undefined;
        }
        if (reply.status === 503 && !(reply.body?.code === 'unavailable' && reply.headers.get('retry-after')))
          this.complaints.push(`503 without a way on: ${reply.text}`);
      } catch {
        // refused or broken connection: the server is away
      }
      this.retries++;
      await sleep(pause * (0.5 + this.random.next()));
    }
  }

  async sign_in_again() {
    this.signed_in_again = (this.signed_in_again ?? 0) + 1;
    for (;;)
      try {
        await this.me.signIn();
        return;
      } catch {
        this.retries++;
        await sleep(50 + this.random.below(100));
      }
  }

  async start(sitting_id) {
    await this.sign_in_again();
    this.signed_in_again = 0;
    this.attempt = await this.insist('POST', `/api/exam/sittings/${sitting_id}/attempt`);
    this.path = `/api/exam/attempts/${this.attempt.attempt_id}`;
  }

  // Gives answers until told to stop, now and then the same request twice or several answers in one.
  async work(pause_ms) {
    while (!this.stopped) {
      const count = this.random.below(5) === 0 ? 2 + this.random.below(3) : 1;
      const answers = Array.from({ length: count }, () => {
        const question = this.attempt.questions[this.random.below(this.attempt.questions.length)];
        const answer = {
          position: question.position,
          sequence: ++this.sequence,
          answer: this.random.below(20) === 0 ? null : question.options[this.random.below(question.options.length)].letter,
        };
        if (!this.sent.has(answer.position)) this.sent.set(answer.position, []);
        this.sent.get(answer.position).push(answer);
        return answer;
      });
      const times = this.random.below(10) === 0 ? 2 : 1;
      for (let i = 0; i < times; ++i) {
        const reply = await this.insist('POST', `${this.path}/answers`, { answers });
        if (reply) this.remember(answers, reply.outcomes);
      }
      await sleep(pause_ms * (0.5 + this.random.next()));
    }
  }

  remember(answers, outcomes) {
    answers.forEach((answer, i) => {
      const { outcome } = outcomes[i];
      if (outcome === 'conflicting') this.complaints.push(`conflicting: ${JSON.stringify(answer)}`);
      const newest = this.acknowledged.get(answer.position);
      if (!newest || answer.sequence > newest.sequence) this.acknowledged.set(answer.position, answer);
    });
  }
}

// Compares the closed attempts in PostgreSQL with what the candidates were told. Gives the complaints back.
export async function compare(platform, sitting_id, candidates) {
  const rows = await platform.sql(
    `SELECT json_build_object('attempt_id', a.attempt_id, 'state', a.state, 'result', r.attempt_id IS NOT NULL,
       'log', (SELECT coalesce(json_agg(json_build_object('position', l.position, 'sequence', l.sequence, 'answer', l.answer::json)), '[]')
               FROM answer_log l WHERE l.attempt_id = a.attempt_id),
       'marks', (SELECT coalesce(json_agg(json_build_object('position', m.position, 'sequence', m.sequence)), '[]')
                 FROM attempt_mark m WHERE m.attempt_id = a.attempt_id))
     FROM attempt a LEFT JOIN attempt_result r USING (attempt_id) WHERE a.sitting_id = ${sitting_id}`,
  );
  const attempts = new Map(rows.map((row) => JSON.parse(row)).map((each) => [each.attempt_id, each]));
  const complaints = candidates.flatMap((each) => each.complaints.map((text) => `${each.me.account.account}: ${text}`));
  if (attempts.size !== candidates.length) complaints.push(`${attempts.size} attempts of ${candidates.length} candidates`);
  for (const each of candidates) {
    const attempt = attempts.get(each.attempt.attempt_id);
    const name = each.me.account.account;
    if (attempt?.state !== 'closed' || !attempt.result) {
      complaints.push(`${name}: the attempt is ${attempt?.state}${attempt?.result ? '' : ', without a result'}`);
      continue;
    }
    const logged = new Map(attempt.log.map((row) => [`${row.position}/${row.sequence}`, row.answer]));
    if (logged.size !== attempt.log.length) complaints.push(`${name}: an answer is in the log twice`);
    for (const [position, newest] of each.acknowledged) {
      if (logged.get(`${position}/${newest.sequence}`) !== newest.answer)
        complaints.push(`${name}: ${JSON.stringify(newest)} was acknowledged, and is not in the log`);
      const mark = attempt.marks.find((row) => row.position === position);
      // A later answer may have been saved without its acknowledgement arriving; an earlier one must never count.
      if (!mark || mark.sequence === null || mark.sequence < newest.sequence)
        complaints.push(`${name}: question ${position} counts ${mark?.sequence} instead of ${newest.sequence}`);
    }
    for (const row of attempt.log)
      if (!(each.sent.get(row.position) ?? []).some((sent) => sent.sequence === row.sequence && sent.answer === row.answer))
        complaints.push(`${name}: ${JSON.stringify(row)} was never given`);
    if (
      new Set(attempt.marks.map((row) => row.position)).size !== each.attempt.questions.length ||
      attempt.marks.length !== each.attempt.questions.length
    )
      complaints.push(`${name}: ${attempt.marks.length} marks for ${each.attempt.questions.length} questions`);
  }
  return complaints;
}
