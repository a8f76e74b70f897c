import type { Call } from "./memory.ts"

/** Equal calls with equal results that are a loop. */
const LOOP = 6
/** The same of calls that wait: a poll that waits patiently for one thing gets the same answer many times. */
const PATIENT_LOOP = 30
/** Mean distance from which repeated calls are a poll that waits. */
const PATIENT_MS = 20_000
/** Tools that ask how something else progresses. */
const POLLS = new Set(["BashOutput", "TaskOutput", "AgentOutputTool", "KillShell"])
/** Longest cycle of different calls. */
const LONGEST_CYCLE = 4
/** Of the latest calls, how many are looked at for a call that dominates them, and how many others may be between. */
const LATEST = { calls: 20, equal: 12, kinds: 4 }

/** Failures in succession that are equal in tool and reason. */
const EQUAL_FAILURES = 6
/** Failures in succession of any kind. */
const ANY_FAILURES = 12
/** Equal failures of one call with other work in between, such as a test that each edit leaves as it was. */
const FAILURES_BETWEEN = 8

interface Done extends Call {
	readonly endedAt: number
	readonly input: string
	readonly output: string
}

const isDone = (call: Call): call is Done =>
	call.endedAt !== undefined && call.input !== undefined && call.output !== undefined

const keyOf = ({ input, output }: Done): string => `${input} ${output}`

/** Since when the calls repeat themselves; undefined when they do not. */
export function loopingSince(calls: readonly Call[]): number | undefined {
	const done = calls.filter(isDone)
	for (let period = 1; period <= LONGEST_CYCLE; period++) {
		const cycle = trailingCycle(done, period)
		if (cycle.length >= loopLength(cycle) * period) return cycle[0]?.at
	}
	return dominatedSince(done)
}

/** The latest calls that repeat with a period. */
function trailingCycle(done: readonly Done[], period: number): readonly Done[] {
	let start = done.length - period
	while (start > 0 && keyOf(done[start - 1] as Done) === keyOf(done[start - 1 + period] as Done)) start--
	return done.slice(Math.max(0, start))
}

function loopLength(calls: readonly Done[]): number {
	const [first] = calls
	const latest = calls.at(-1)
	if (first === undefined || latest === undefined) return LOOP
	const distance = calls.length < 2 ? 0 : (latest.endedAt - first.at) / (calls.length - 1)
	const polls = calls.some(({ tool, exact }) => POLLS.has(tool) || !exact)
	return polls || distance >= PATIENT_MS ? PATIENT_LOOP : LOOP
}

function dominatedSince(done: readonly Done[]): number | undefined {
	const latest = done.slice(-LATEST.calls)
	const counts = countBy(latest, keyOf)
	if (latest.length < LATEST.calls || counts.size > LATEST.kinds) return undefined
	const [key] = [...counts].find(([, n]) => n >= LATEST.equal) ?? []
	const equal = latest.filter((call) => keyOf(call) === key)
	return key !== undefined && loopLength(equal) === LOOP ? equal[0]?.at : undefined
}

/** Since when calls fail without an end; undefined when they do not. */
export function failingSince(calls: readonly Call[]): number | undefined {
	const ended = calls.filter((call) => call.endedAt !== undefined)
	const lastSuccess = ended.findLastIndex(({ failed }) => !failed)
	const streak = ended.slice(lastSuccess + 1)
	const reasons = countBy(streak, ({ tool, output }) => `${tool} ${output}`)
	if (streak.length >= ANY_FAILURES || Math.max(0, ...reasons.values()) >= EQUAL_FAILURES) return streak[0]?.at
	const failures = ended.filter(isDone).filter(({ failed }) => failed)
	const again = [...countBy(failures, keyOf)].find(([, n]) => n >= FAILURES_BETWEEN)
	const lastFailure = failures.at(-1)
	// It has ended when the call at last succeeded, or another failure came after it.
	if (again === undefined || lastFailure === undefined || keyOf(lastFailure) !== again[0]) return undefined
	if (ended.some(({ failed, input, at }) => !failed && input === lastFailure.input && at > lastFailure.at))
		return undefined
	return failures.find((call) => keyOf(call) === again[0])?.at
}

function countBy<T>(items: readonly T[], keyOfItem: (item: T) => string): Map<string, number> {
	const counts = new Map<string, number>()
	for (const item of items) counts.set(keyOfItem(item), (counts.get(keyOfItem(item)) ?? 0) + 1)
	return counts
}
